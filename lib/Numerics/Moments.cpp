//===- Moments.cpp - Streaming second moments of inputs and outputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Numerics/Moments.h"
#include "lw/Numerics/MatrixProduct.h"
#include <algorithm>
#include <cassert>

using namespace mlir::lw;
using Eigen::MatrixXd;
using Eigen::VectorXd;

double Moments::relativeError(const MatrixXd &filter) const {
  double whole = outputPower.sum();
  if (whole <= 0)
    return 0;
  double left =
      whole - 2 * filter.cwiseProduct(cross).sum() +
      filter.cwiseProduct(mlir::lw::product(covariance, filter)).sum();
  return std::max(left, 0.0) / whole;
}

VectorXd Moments::bias(const MatrixXd &filter) const {
  return outputMean - filter.transpose() * inputMean;
}

Moments Moments::withPrior(double strength, const MatrixXd &prior) const {
  double lambda = strength * covariance.diagonal().mean();
  Moments result = *this;
  result.covariance.diagonal().array() += lambda;
  result.cross += lambda * prior;
  return result;
}

void Moments::replaceOutputs(SampleView inputs, SampleView outputs) {
  assert(inputs.rows() == samples && outputs.rows() == samples &&
         "the samples that the moments are of");
  outputMean = outputs.cast<double>().colwise().mean();
  outputPower.setZero(outputs.cols());
  cross.setZero(inputs.cols(), outputs.cols());
  // In blocks, so that no copy is as large as the samples.
  constexpr int64_t kBlock = 1024;
  Eigen::RowVectorXf shift = outputMean.cast<float>().transpose();
  SampleMatrix y, sums(cross.rows(), cross.cols());
  for (int64_t begin = 0; begin < samples; begin += kBlock) {
    int64_t count = std::min(kBlock, samples - begin);
    // Outputs without their mean are enough, and sums of one block in f32.
    y = outputs.middleRows(begin, count).rowwise() - shift;
    sums.setZero();
    multiplyAdd(sums.rows(), sums.cols(), count,
                {inputs.row(begin).data(), 1, inputs.outerStride()},
                {y.data(), y.outerStride(), 1}, sums.data(), sums.cols());
    cross += sums.cast<double>();
    outputPower += y.cast<double>().colwise().squaredNorm();
  }
  cross /= samples;
  outputPower /= samples;
}

MomentAccumulator::MomentAccumulator(int64_t inputs, int64_t outputs)
    : inputSum(VectorXd::Zero(inputs)), outputSum(VectorXd::Zero(outputs)),
      outputSquare(VectorXd::Zero(outputs)),
      square(MatrixXd::Zero(inputs, inputs)),
      product(MatrixXd::Zero(inputs, outputs)) {}

void MomentAccumulator::add(SampleView inputs, SampleView outputs) {
  assert(inputs.rows() == outputs.rows() && inputs.cols() == square.rows() &&
         outputs.cols() == product.cols() && "samples of the stated sizes");
  if (inputs.rows() == 0)
    return;
  // They stay for the samples that follow.
  thread_local MatrixXd u, y;
  u = inputs.cast<double>();
  y = outputs.cast<double>();
  if (samples == 0) {
    inputShift = u.colwise().mean();
    outputShift = y.colwise().mean();
  }
  u.rowwise() -= inputShift.transpose();
  y.rowwise() -= outputShift.transpose();
  samples += u.rows();
  inputSum += u.colwise().sum();
  outputSum += y.colwise().sum();
  outputSquare += y.colwise().squaredNorm();
  addGram(square, u);
  product += transposedProduct(u, y);
}

void MomentAccumulator::merge(const MomentAccumulator &other) {
  if (samples == 0 || other.samples == 0) {
    if (samples == 0)
      *this = other;
    return;
  }
  // Sums around the other's shift, moved to this one's: with d the difference
  // of the shifts, sum (x - s)(x - s)^T of x = x' + d.
  VectorXd du = other.inputShift - inputShift;
  VectorXd dy = other.outputShift - outputShift;
  double count = other.samples;
  square += other.square + other.inputSum * du.transpose() +
            du * other.inputSum.transpose() + count * du * du.transpose();
  product += other.product + other.inputSum * dy.transpose() +
             du * other.outputSum.transpose() + count * du * dy.transpose();
  outputSquare += other.outputSquare + 2 * other.outputSum.cwiseProduct(dy) +
                  count * dy.cwiseAbs2();
  inputSum += other.inputSum + count * du;
  outputSum += other.outputSum + count * dy;
  samples += other.samples;
}

bool MomentAccumulator::isFinite() const {
  return inputSum.allFinite() && outputSum.allFinite() &&
         outputSquare.allFinite();
}

Moments MomentAccumulator::finish() const {
  assert(samples > 0 && "moments of some samples");
  double scale = 1.0 / samples;
  VectorXd u = inputSum * scale, y = outputSum * scale;
  Moments result;
  result.samples = samples;
  result.inputMean = inputShift + u;
  result.outputMean = outputShift + y;
  result.covariance = square.selfadjointView<Eigen::Lower>();
  result.covariance = result.covariance * scale - u * u.transpose();
  result.cross = product * scale - u * y.transpose();
  result.outputPower = (outputSquare * scale - y.cwiseAbs2()).cwiseMax(0.0);
  return result;
}

MatrixXd mlir::lw::solveRidge(MatrixXd a, const MatrixXd &b, double ridge) {
  // The constant makes a matrix of zeros (a layer that is never active)
  // solvable, with a result of zeros.
  a.diagonal().array() += ridge * a.diagonal().mean() + 1e-30;
  Eigen::LLT<MatrixXd> factor(a);
  if (factor.info() == Eigen::Success)
    return factor.solve(b);
  return a.ldlt().solve(b);
}

MatrixXd mlir::lw::ridgeRegression(const Moments &moments, double ridge,
                                   const MatrixXd &prior) {
  return prior + solveRidge(moments.covariance,
                            moments.cross - product(moments.covariance, prior),
                            ridge);
}

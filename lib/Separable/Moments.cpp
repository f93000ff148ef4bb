//===- Moments.cpp - Streaming second moments of inputs and outputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Separable/Moments.h"
#include <cassert>

using namespace mlir::lw;
using Eigen::MatrixXd;
using Eigen::VectorXd;

double Moments::relativeError(const MatrixXd &filter) const {
  double whole = outputPower.sum();
  if (whole <= 0)
    return 0;
  double left = whole - 2 * filter.cwiseProduct(cross).sum() +
                filter.cwiseProduct(covariance * filter).sum();
  return std::max(left, 0.0) / whole;
}

VectorXd Moments::bias(const MatrixXd &filter) const {
  return outputMean - filter.transpose() * inputMean;
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
  MatrixXd u = inputs.cast<double>(), y = outputs.cast<double>();
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
  square.selfadjointView<Eigen::Lower>().rankUpdate(u.transpose());
  product.noalias() += u.transpose() * y;
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
                            moments.cross - moments.covariance * prior, ridge);
}

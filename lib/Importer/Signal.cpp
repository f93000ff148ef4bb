//===- Signal.cpp - Windows and Fourier transforms
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A transform is a product with a matrix known at import; one of frames that
// follow each other is a convolution along time.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Families.h"
#include "Fold.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;
using Proto = ::onnx::TensorProto;

static constexpr double kTwoPi = 6.283185307179586;

/// Input `i`, one number known at import.
static FailureOr<double> numberOf(Node &node, size_t i, StringRef what) {
  TensorRef input = node.input(i);
  if (!input || !input->constant || input->constant->size() != 1)
    return node.error("expects '" + what +
                      "' to be one number known at import; make it a constant");
  return input->constant->number(0);
}

/// A length, which is an integer of at least 1.
static FailureOr<int64_t> lengthOf(Node &node, size_t i, StringRef what) {
  FailureOr<double> value = numberOf(node, i, what);
  if (failed(value))
    return failure();
  if (!(*value >= 1 && *value <= kMaxFoldedElements) ||
      *value != std::floor(*value))
    return node.error("expects '" + what + "' from 1 to 2^24, found " +
                      std::to_string(*value));
  return static_cast<int64_t>(*value);
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

/// a0 - a1 cos(x) + a2 cos(2 x) over one period.
static LogicalResult finishWindow(Node &node, double a0, double a1, double a2) {
  FailureOr<int64_t> size = lengthOf(node, 0, "size");
  if (failed(size))
    return failure();
  int64_t period = node.intAttr("periodic", 1) ? *size : *size - 1;
  std::vector<float> values;
  for (int64_t i = 0; i < *size; ++i) {
    double x = kTwoPi * static_cast<double>(i) / static_cast<double>(period);
    values.push_back(period ? a0 - a1 * std::cos(x) + a2 * std::cos(2 * x)
                            : 1.0);
  }
  Composition c(node);
  TensorRef window = c.floats(*size, std::move(values));
  return c.finish(
      c.op("Cast", window,
           c.attribute("to", node.intAttr("output_datatype", Proto::FLOAT))));
}

static LogicalResult importHann(Node &node) {
  return finishWindow(node, 0.5, 0.5, 0.0);
}

static LogicalResult importHamming(Node &node) {
  return finishWindow(node, 25.0 / 46.0, 21.0 / 46.0, 0.0);
}

static LogicalResult importBlackman(Node &node) {
  return finishWindow(node, 0.42, 0.5, 0.08);
}

//===----------------------------------------------------------------------===//
// MelWeightMatrix
//===----------------------------------------------------------------------===//

/// Triangles over the bins of a spectrum, whose corners are equally far from
/// each other on the mel scale.
static LogicalResult importMelWeights(Node &node) {
  FailureOr<int64_t> bands = lengthOf(node, 0, "num_mel_bins");
  FailureOr<int64_t> length = lengthOf(node, 1, "dft_length");
  FailureOr<int64_t> rate = lengthOf(node, 2, "sample_rate");
  FailureOr<double> lowest = numberOf(node, 3, "lower_edge_hertz");
  FailureOr<double> highest = numberOf(node, 4, "upper_edge_hertz");
  if (failed(bands) || failed(length) || failed(rate) || failed(lowest) ||
      failed(highest))
    return failure();
  int64_t bins = *length / 2 + 1;
  if (failed(checkFoldedShape(node, {bins, *bands})))
    return failure();
  auto mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  double first = mel(*lowest);
  double step = (mel(*highest) - first) / static_cast<double>(*bands + 2);
  Shape corners;
  for (int64_t i = 0; i < *bands + 2; ++i) {
    double hertz = 700 * (std::pow(10, (step * i + first) / 2595) - 1);
    double corner = std::floor((*length + 1) * hertz / *rate);
    if (!(corner >= 0 && corner < bins) ||
        (!corners.empty() && corner < corners.back()))
      return node.error("expects lower_edge_hertz and upper_edge_hertz from 0 "
                        "to half of sample_rate, in this order");
    corners.push_back(static_cast<int64_t>(corner));
  }
  std::vector<float> weights(bins * *bands, 0.0f);
  for (int64_t i = 0; i < *bands; ++i) {
    int64_t low = corners[i], top = corners[i + 1], high = corners[i + 2];
    auto at = [&](int64_t bin) -> float & { return weights[bin * *bands + i]; };
    at(top) = 1.0f;
    for (int64_t bin = low; bin < top; ++bin)
      at(bin) = static_cast<float>(bin - low) / (top - low);
    for (int64_t bin = top; bin < high; ++bin)
      at(bin) = static_cast<float>(high - bin) / (high - top);
  }
  Composition c(node);
  TensorRef matrix = c.floats({bins, *bands}, std::move(weights));
  return c.finish(
      c.op("Cast", matrix,
           c.attribute("to", node.intAttr("output_datatype", Proto::FLOAT))));
}

//===----------------------------------------------------------------------===//
// Fourier transforms
//===----------------------------------------------------------------------===//

namespace {

/// The linear map from `rows` numbers of `parts` parts (real and, of 2,
/// imaginary) each to `columns` complex ones.
struct Transform {
  int64_t length = 0, rows = 0, columns = 0, parts = 1;
  bool inverse = false;

  /// What part `part` of number `row` adds to the real or imaginary part of
  /// number `column`.
  double at(int64_t row, int64_t part, int64_t column, bool imaginary) const {
    if (row >= length)
      return 0.0;
    double angle = kTwoPi * static_cast<double>(row * column % length) /
                   static_cast<double>(length);
    double sine = inverse ? std::sin(angle) : -std::sin(angle);
    double scale = inverse ? 1.0 / static_cast<double>(length) : 1.0;
    if ((part == 1) == imaginary)
      return scale * std::cos(angle);
    return scale * (imaginary ? sine : -sine);
  }
};

} // namespace

/// The number of parts, the last dimension of input 0.
static FailureOr<int64_t> partsOf(Node &node) {
  ArrayRef<int64_t> shape = node.shape(0);
  if (shape.size() < 3 || (shape.back() != 1 && shape.back() != 2))
    return node.error("expects an input [batch, ..., 1 or 2] of real or "
                      "complex numbers, found shape " +
                      formatShape(shape));
  return shape.back();
}

static LogicalResult importDft(Node &node) {
  FailureOr<int64_t> parts = partsOf(node);
  if (failed(parts))
    return failure();
  const TensorRef &x = node.inputs[0];
  int64_t rank = x->rank(), given = node.intAttr("axis", 1);
  if (node.opset >= 20) {
    given = -2;
    if (node.input(2)) {
      FailureOr<Shape> axes = node.constantInts(2, "axis");
      if (failed(axes))
        return failure();
      if (axes->size() != 1)
        return node.error("expects one axis, found " + Twine(axes->size()));
      given = axes->front();
    }
  }
  FailureOr<int64_t> axis = node.axis(given, rank);
  if (failed(axis))
    return failure();
  if (*axis == rank - 1)
    return node.error("expects an axis other than the last, that of real and "
                      "imaginary parts");
  Transform transform;
  transform.parts = *parts;
  transform.rows = transform.length = x->shape[*axis];
  transform.inverse = node.intAttr("inverse", 0) != 0;
  if (node.input(1)) {
    FailureOr<int64_t> length = lengthOf(node, 1, "dft_length");
    if (failed(length))
      return failure();
    transform.length = *length;
  }
  bool isOneSided = node.intAttr("onesided", 0) != 0;
  if (isOneSided && (transform.inverse || *parts == 2))
    return node.error("onesided = 1 is supported of real inputs and forward "
                      "only; compute all of it and slice");
  transform.columns = isOneSided ? transform.length / 2 + 1 : transform.length;
  int64_t rows = transform.rows * *parts, columns = transform.columns * 2;
  if (failed(checkFoldedShape(node, {rows, columns})))
    return failure();
  std::vector<float> matrix;
  matrix.reserve(rows * columns);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      matrix.push_back(static_cast<float>(transform.at(
          row / *parts, row % *parts, column / 2, column % 2 == 1)));

  // [..., axis, parts], the product, and back.
  Shape order, back(rank), shape;
  for (int64_t i = 0; i < rank - 1; ++i)
    if (i != *axis)
      order.push_back(i);
  order.append({*axis, rank - 1});
  for (auto [to, from] : llvm::enumerate(order))
    back[from] = to;
  for (int64_t from : ArrayRef(order).drop_back(2))
    shape.push_back(x->shape[from]);
  Shape flat(shape);
  flat.push_back(rows);
  shape.append({transform.columns, 2});
  Composition c(node);
  TensorRef y = c.reshape(c.transpose(x, order), flat);
  y = c.op("MatMul", {y, c.floats({rows, columns}, std::move(matrix))});
  return c.finish(c.transpose(c.reshape(y, shape), back));
}

static LogicalResult importStft(Node &node) {
  FailureOr<int64_t> parts = partsOf(node);
  if (failed(parts) || failed(node.checkRank(0, 3)))
    return failure();
  FailureOr<int64_t> step = lengthOf(node, 1, "frame_step");
  if (failed(step))
    return failure();
  TensorRef window = node.input(2);
  if (!window && !node.input(3))
    return node.error("expects a window or frame_length, inputs 2 and 3");
  if (window && (!window->constant || window->rank() != 1))
    return node.error("expects a window, input 2, of rank 1 known at import; "
                      "make it a constant");
  int64_t length = window ? window->shape[0] : 0;
  if (node.input(3)) {
    FailureOr<int64_t> given = lengthOf(node, 3, "frame_length");
    if (failed(given))
      return failure();
    if (window && *given != length)
      return node.error("expects a window of frame_length, " + Twine(*given) +
                        ", elements, found " + Twine(length));
    length = *given;
  }
  int64_t samples = node.shape(0)[1];
  if (length > samples || length < 1)
    return node.error("expects frames from 1 to the signal's " +
                      Twine(samples) + " samples, found " + Twine(length));
  bool isOneSided = node.intAttr("onesided", 1) != 0;
  if (isOneSided && *parts == 2)
    return node.error("onesided = 1 is supported of real signals only; set it "
                      "to 0 and slice");
  Transform transform;
  transform.length = transform.rows = length;
  transform.columns = isOneSided ? length / 2 + 1 : length;
  transform.parts = *parts;
  int64_t columns = transform.columns * 2;
  if (failed(checkFoldedShape(node, {columns, *parts, length})))
    return failure();
  std::vector<float> filter;
  for (int64_t column = 0; column < columns; ++column)
    for (int64_t part = 0; part < *parts; ++part)
      for (int64_t row = 0; row < length; ++row)
        filter.push_back(static_cast<float>(
            transform.at(row, part, column / 2, column % 2 == 1) *
            (window ? window->constant->number(row) : 1.0)));
  Composition c(node);
  TensorRef y = c.transpose(node.inputs[0], {0, 2, 1});
  y = c.op("Conv", {y, c.floats({columns, *parts, length}, std::move(filter))},
           c.attribute("strides", ArrayRef<int64_t>(*step)));
  y = c.transpose(y, {0, 2, 1});
  return c.finish(
      c.reshape(y, {node.shape(0)[0], (samples - length) / *step + 1,
                    transform.columns, 2}));
}

ArrayRef<OpEntry> mlir::lw::importer::signalOps() {
  static const OpEntry entries[] = {
      {"BlackmanWindow", 17, 1, importBlackman, "folded", Integers::Own},
      {"DFT", 17, 1, importDft,
       "`lw.pointwise_conv_2d` by the transform's matrix; length and axis "
       "known "
       "at import"},
      {"HammingWindow", 17, 1, importHamming, "folded", Integers::Own},
      {"HannWindow", 17, 1, importHann, "folded", Integers::Own},
      {"MelWeightMatrix", 17, 5, importMelWeights, "folded", Integers::Own},
      {"STFT", 17, 2, importStft,
       "Conv along time; step, length and window known at import"},
  };
  return entries;
}

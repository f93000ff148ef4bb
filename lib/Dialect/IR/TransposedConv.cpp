//===- TransposedConv.cpp - Transposed as standard convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/TransposedConv.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace mlir::lw;

namespace {

/// The outputs of one axis that meet as many taps at one distance: those at
/// place `phases` of each stride, with taps `first[i] + step * j`.
struct Class {
  SmallVector<int64_t> phases, first;
  int64_t taps, step;
  /// As a convolution of stride 1.
  int64_t dilation, before, after;
};

class Emitter {
public:
  Emitter(OpBuilder &b, Location location, Value input, ArrayRef<float> filter,
          const TransposedConv &conv)
      : b(b), location(location), input(input), filter(filter), c(conv),
        in(cast<RankedTensorType>(input.getType())) {
    channels = in.getDimSize(3);
    filters = static_cast<int64_t>(filter.size()) * c.groups /
              (c.kernel[0] * c.kernel[1] * channels);
  }

  Value emit(Value bias);

private:
  SmallVector<Class> classesOf(int axis) const;
  Value emitClass(const Class &y, const Class &x);
  std::vector<float> filterOf(const Class &y, const Class &x) const;
  RankedTensorType type(ArrayRef<int64_t> shape) const {
    return RankedTensorType::get(shape, in.getElementType());
  }
  Value constShape(ArrayRef<int64_t> values) {
    int64_t rank = values.size();
    return tosa::ConstShapeOp::create(
        b, location, tosa::shapeType::get(b.getContext(), rank),
        DenseIntElementsAttr::get(
            RankedTensorType::get({rank}, b.getIndexType()), values));
  }
  Value slice(Value value, ArrayRef<int64_t> start, ArrayRef<int64_t> size) {
    if (cast<RankedTensorType>(value.getType()).getShape() == size)
      return value;
    return tosa::SliceOp::create(b, location, type(size), value,
                                 constShape(start), constShape(size));
  }
  /// Rows or columns that are computed at each place of the stride.
  int64_t extent(int axis) const {
    return llvm::divideCeil(c.out[axis], c.strides[axis]);
  }

  OpBuilder &b;
  Location location;
  Value input;
  ArrayRef<float> filter;
  const TransposedConv &c;
  RankedTensorType in;
  int64_t channels, filters;
};

} // namespace

SmallVector<Class> Emitter::classesOf(int axis) const {
  int64_t stride = c.strides[axis], dilation = c.dilations[axis];
  int64_t common = std::gcd(stride, dilation);
  SmallVector<Class> classes;
  for (int64_t phase = 0; phase < stride; ++phase) {
    // The first of these outputs, in a grid without cropping.
    int64_t start = llvm::divideFloorSigned(phase + c.cropped[axis], stride);
    int64_t rest = phase + c.cropped[axis] - start * stride;
    Class next;
    next.step = stride / common;
    next.dilation = dilation / common;
    int64_t first = 0;
    while (first < next.step && first * dilation % stride != rest)
      ++first;
    next.taps = first < next.step && first < c.kernel[axis]
                    ? (c.kernel[axis] - 1 - first) / next.step + 1
                    : 0;
    // The last tap meets the first pixel of the window.
    int64_t span = (next.taps - 1) * next.dilation;
    next.before =
        next.taps ? (first * dilation - rest) / stride + span - start : 0;
    next.after = extent(axis) + span - in.getDimSize(axis + 1) - next.before;
    // Outputs that no pixel reaches.
    if (std::max<int64_t>(-next.before, 0) +
            std::max<int64_t>(-next.after, 0) >=
        in.getDimSize(axis + 1))
      next.taps = 0;
    if (next.taps == 0)
      next.before = next.after = 0;
    Class *known = llvm::find_if(classes, [&](const Class &other) {
      return other.taps == next.taps && other.before == next.before;
    });
    // Filters of groups are no longer together where phases are.
    if (known == classes.end() || (c.groups > 1 && next.taps)) {
      classes.push_back(next);
      known = &classes.back();
    }
    known->phases.push_back(phase);
    known->first.push_back(first);
  }
  return classes;
}

/// [taps, taps, channels of a group, (phase, filter)], turned by half a turn.
std::vector<float> Emitter::filterOf(const Class &y, const Class &x) const {
  int64_t perGroup = channels / c.groups, made = filters / c.groups;
  std::vector<float> result;
  for (int64_t ty = y.taps - 1; ty >= 0; --ty)
    for (int64_t tx = x.taps - 1; tx >= 0; --tx)
      for (int64_t channel = 0; channel < perGroup; ++channel)
        for (int64_t firstY : y.first)
          for (int64_t firstX : x.first)
            for (int64_t group = 0; group < c.groups; ++group) {
              int64_t ky = firstY + ty * y.step, kx = firstX + tx * x.step;
              const float *from =
                  filter.data() + ((ky * c.kernel[1] + kx) * channels +
                                   group * perGroup + channel) *
                                      made;
              result.insert(result.end(), from, from + made);
            }
  return result;
}

Value Emitter::emitClass(const Class &y, const Class &x) {
  int64_t phases = y.phases.size() * x.phases.size();
  SmallVector<int64_t> shape = {in.getDimSize(0), extent(0), extent(1),
                                phases * filters};
  if (y.taps == 0 || x.taps == 0) {
    auto zeros =
        DenseElementsAttr::get(type(shape), b.getZeroAttr(in.getElementType()));
    return tosa::ConstOp::create(b, location, type(shape), zeros);
  }
  // Negative padding leaves out pixels that no output of the class meets.
  SmallVector<int64_t> start(4, 0), size(in.getShape()), padding;
  for (auto [axis, part] : {std::pair(1, &y), std::pair(2, &x)}) {
    start[axis] = std::max<int64_t>(-part->before, 0);
    size[axis] -= start[axis] + std::max<int64_t>(-part->after, 0);
    padding.push_back(std::max<int64_t>(part->before, 0));
    padding.push_back(std::max<int64_t>(part->after, 0));
  }
  Value weights = createConstant(
      b, location,
      type({y.taps, x.taps, channels / c.groups, phases * filters}),
      filterOf(y, x));
  return Conv2DOp::create(b, location, type(shape), slice(input, start, size),
                          weights, /*bias=*/Value(), /*residual=*/Value(),
                          ArrayRef<int64_t>{1, 1}, padding,
                          ArrayRef<int64_t>{y.dilation, x.dilation}, c.groups,
                          ActivationAttr(), ConvQuantAttr());
}

Value Emitter::emit(Value bias) {
  SmallVector<Class> rows = classesOf(0), columns = classesOf(1);
  int64_t phases = c.strides[0] * c.strides[1];
  SmallVector<int64_t> order(phases, 0);
  SmallVector<Value> parts;
  int64_t group = 0;
  for (const Class &y : rows)
    for (const Class &x : columns) {
      parts.push_back(emitClass(y, x));
      for (int64_t phaseY : y.phases)
        for (int64_t phaseX : x.phases)
          order[phaseY * c.strides[1] + phaseX] = group++;
    }
  SmallVector<int64_t> shape = {in.getDimSize(0), extent(0) * c.strides[0],
                                extent(1) * c.strides[1], filters};
  Value result = parts.front();
  if (phases > 1)
    result =
        InterleaveOp::create(b, location, type(shape), parts, c.strides, order);
  if (bias) {
    Value channel =
        tosa::ReshapeOp::create(b, location, type({1, 1, 1, filters}), bias,
                                constShape({1, 1, 1, filters}));
    if (auto values = readConstant(bias))
      channel = createConstant(b, location, type({1, 1, 1, filters}), *values);
    result = tosa::AddOp::create(b, location, type(shape), result, channel);
  }
  return slice(result, {0, 0, 0, 0}, {shape[0], c.out[0], c.out[1], filters});
}

Value lw::emitTransposedConv(OpBuilder &builder, Location location, Value input,
                             ArrayRef<float> filter, Value bias,
                             const TransposedConv &conv) {
  return Emitter(builder, location, input, filter, conv).emit(bias);
}

//===- Volume.cpp - Windows along any number of dimensions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Volume.h"
#include "Families.h"
#include "Fold.h"
#include "Interpolate.h"
#include "lw/Dialect/IR/LwOps.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw::importer;

//===----------------------------------------------------------------------===//
// Channels last
//===----------------------------------------------------------------------===//

Permutation mlir::lw::importer::channelsLast(int64_t rank) {
  Permutation layout = {0};
  for (int64_t axis = 2; axis < rank; ++axis)
    layout.push_back(axis);
  layout.push_back(1);
  return layout;
}

static LogicalResult checkInput(Node &node) {
  const TensorRef &input = node.inputs[0];
  if (input->rank() < 3)
    return node.error("expects an input of one spatial dimension or more, "
                      "found shape " +
                      formatShape(input->shape));
  return node.checkShape(input->shape);
}

/// For each output of an axis the element that tap `tap` meets; -1 in the
/// padding.
static Shape elementsOf(const AxisWindow &axis, int64_t extent, int64_t tap) {
  Shape result;
  for (int64_t o = 0; o < axis.out; ++o) {
    int64_t i = o * axis.stride - axis.before + tap * axis.dilation;
    result.push_back(i >= 0 && i < extent ? i : -1);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

/// The planes that tap `tap` of the depth meets, [N * out, H, W, C].
static Value planesOf(GraphBuilder &build, Value volume, const AxisWindow &axis,
                      int64_t tap) {
  Shape shape(GraphBuilder::shapeOf(volume));
  SmallVector<int32_t> indices;
  for (int64_t o = 0; o < axis.out; ++o)
    indices.push_back(
        static_cast<int32_t>(o * axis.stride + tap * axis.dilation));
  bool same = axis.out == shape[1];
  for (int64_t o = 0; o < axis.out; ++o)
    same &= indices[o] == o;
  if (!same)
    volume = interpolate(build, volume, 1, axis.out, indices);
  return build.reshapeValue(
      volume, {shape[0] * axis.out, shape[2], shape[3], shape[4]});
}

/// Weights are [Cout, Cin / groups, KD, KH, KW]: the planes that the taps of
/// the depth meet are the channels of one convolution, of groups the sum of
/// several.
LogicalResult mlir::lw::importer::importVolumeConv(Node &node) {
  if (failed(checkInput(node)) || failed(node.checkRank(0, 5)) ||
      failed(node.checkRank(1, 5)))
    return failure();
  Shape in(node.shape(0)), weights(node.shape(1));
  int64_t groups = node.intAttr("group", 1), filters = weights[0];
  if (groups < 1 || in[1] % groups != 0 || filters % groups != 0)
    return node.error("expects attribute 'group' to divide input channels (" +
                      Twine(in[1]) + ") and output channels (" +
                      Twine(filters) + "), found " + Twine(groups));
  if (weights[1] != in[1] / groups)
    return node.error("expects weights for " + Twine(in[1] / groups) +
                      " input channels, found shape " + formatShape(weights));
  if (node.input(2) && node.shape(2) != ArrayRef<int64_t>(filters))
    return node.error("expects bias of shape [" + Twine(filters) + "], found " +
                      formatShape(node.shape(2)));
  FailureOr<SmallVector<AxisWindow>> axes =
      readAxes(node, ArrayRef(in).drop_front(2),
               ArrayRef<int64_t>(weights).drop_front(2), /*ceilMode=*/false);
  if (failed(axes))
    return failure();
  const AxisWindow &depth = (*axes)[0], &y = (*axes)[1], &x = (*axes)[2];
  int64_t planes = in[2] + depth.before + depth.after;
  if (failed(node.checkShape({in[0], depth.out, y.out, x.out, filters})) ||
      failed(node.checkShape({in[0], planes, in[3], in[4], in[1]})) ||
      failed(node.checkShape(
          {in[0], depth.out, in[3], in[4], in[1] * depth.kernel})))
    return failure();

  GraphBuilder &build = node.build;
  Permutation layout = channelsLast(5);
  Value volume =
      build.pad(build.get(node.inputs[0], layout), {0, depth.before, 0, 0, 0},
                {0, depth.after, 0, 0, 0}, 0.0f);
  // [KD, KH, KW, Cin / groups, Cout].
  Value filter = build.get(node.inputs[1], {2, 3, 4, 1, 0});
  Value bias = node.input(2) ? build.getPlain(node.inputs[2]) : Value();
  auto taps = [&](int64_t first, int64_t count) {
    Shape size = {count, y.kernel, x.kernel, weights[1], filters};
    Value part = build.slice(filter, {first, 0, 0, 0, 0}, size);
    if (count > 1)
      part = build.transposeValue(part, {1, 2, 0, 3, 4});
    return build.reshapeValue(
        part, {y.kernel, x.kernel, count * weights[1], filters});
  };
  auto convolve = [&](Value planes, Value weights, Value bias, Value residual) {
    Shape out = {in[0] * depth.out, y.out, x.out, filters};
    return lw::Conv2DOp::create(
        build.builder, build.loc, build.type(out), planes, weights, bias,
        residual, ArrayRef<int64_t>{y.stride, x.stride},
        ArrayRef<int64_t>{y.before, y.after, x.before, x.after},
        ArrayRef<int64_t>{y.dilation, x.dilation}, groups, lw::ActivationAttr(),
        lw::ConvQuantAttr());
  };
  SmallVector<Value> parts;
  for (int64_t tap = 0; tap < depth.kernel; ++tap)
    parts.push_back(planesOf(build, volume, depth, tap));
  Value result;
  if (groups == 1) {
    Value all = parts.size() == 1 ? parts[0] : build.concat(parts, 3);
    result = convolve(all, taps(0, depth.kernel), bias, Value());
  } else {
    for (auto [tap, part] : llvm::enumerate(parts))
      result = convolve(part, taps(tap, 1), tap == 0 ? bias : Value(), result);
  }
  result =
      build.reshapeValue(result, {in[0], depth.out, y.out, x.out, filters});
  return node.finish(result, layout);
}

//===----------------------------------------------------------------------===//
// Pools
//===----------------------------------------------------------------------===//

namespace {

/// The input of a pool and its windows.
struct Pool {
  Permutation layout;
  Value value;
  SmallVector<AxisWindow> axes;
};

} // namespace

static FailureOr<Pool> readPool(Node &node) {
  if (failed(checkInput(node)))
    return failure();
  ArrayRef<int64_t> in = node.inputs[0]->shape;
  FailureOr<SmallVector<AxisWindow>> axes = readAxes(
      node, in.drop_front(2), std::nullopt, node.intAttr("ceil_mode", 0) != 0);
  if (failed(axes))
    return failure();
  Shape out = {in[0], in[1]};
  for (const AxisWindow &axis : *axes) {
    out.push_back(axis.out);
    if (failed(checkFoldedShape(node, {axis.out, axis.kernel})))
      return failure();
  }
  if (failed(node.checkShape(out)))
    return failure();
  Permutation layout = channelsLast(in.size());
  return Pool{layout, node.build.get(node.inputs[0], layout), std::move(*axes)};
}

LogicalResult mlir::lw::importer::importMaxPoolByAxis(Node &node) {
  FailureOr<Pool> pool = readPool(node);
  if (failed(pool))
    return failure();
  GraphBuilder &build = node.build;
  Value value = pool->value;
  for (auto [i, axis] : llvm::enumerate(pool->axes)) {
    int64_t place = i + 1, extent = GraphBuilder::shapeOf(value)[place];
    Value greatest;
    for (int64_t tap = 0; tap < axis.kernel; ++tap) {
      // Of the elements in the padding others of the window take the place.
      SmallVector<int32_t> indices;
      Shape elements = elementsOf(axis, extent, tap);
      for (auto [o, element] : llvm::enumerate(elements)) {
        int64_t other = static_cast<int64_t>(o) * axis.stride - axis.before;
        if (element < 0) {
          int64_t skipped =
              other < 0 ? llvm::divideCeil(-other, axis.dilation) : 0;
          element = other + skipped * axis.dilation;
          if (element >= extent)
            return node.error("expects no window to lie in the padding only");
        }
        indices.push_back(static_cast<int32_t>(element));
      }
      Value part = interpolate(build, value, place, axis.out, indices);
      if (!greatest) {
        greatest = part;
        continue;
      }
      greatest = build.binary<tosa::MaximumOp>(greatest, part);
    }
    value = greatest;
  }
  return node.finish(value, pool->layout);
}

/// Lets the taps of a window that meet no element take half of what is left of
/// the weight of one that does: zero times an infinity or a NaN elsewhere would
/// be NaN.
static void shareWeights(MutableArrayRef<int32_t> indices,
                         MutableArrayRef<float> weights) {
  auto met = llvm::find_if(weights, [](float weight) { return weight != 0; });
  if (met == weights.end())
    return;
  for (auto [index, weight] : llvm::zip(indices, weights))
    if (weight == 0) {
      index = indices[met - weights.begin()];
      weight = *met /= 2;
    }
}

/// Sums of the windows along each axis, each weighed by `weigh` of the taps
/// that meet an element.
static LogicalResult sumByAxis(
    Node &node, Pool &pool,
    llvm::function_ref<float(const AxisWindow &, int64_t, int64_t)> weigh) {
  for (auto [i, axis] : llvm::enumerate(pool.axes)) {
    int64_t place = i + 1, extent = GraphBuilder::shapeOf(pool.value)[place];
    SmallVector<int32_t> indices(axis.out * axis.kernel, 0);
    SmallVector<float> weights(indices.size(), 0.0f);
    SmallVector<int64_t> met(axis.out, 0);
    for (int64_t tap = 0; tap < axis.kernel; ++tap)
      for (auto [o, element] : llvm::enumerate(elementsOf(axis, extent, tap)))
        if (element >= 0) {
          indices[o * axis.kernel + tap] = static_cast<int32_t>(element);
          weights[o * axis.kernel + tap] = 1.0f;
          ++met[o];
        }
    for (auto [at, weight] : llvm::enumerate(weights))
      if (weight != 0.0f)
        weight = weigh(axis, static_cast<int64_t>(at) / axis.kernel,
                       met[at / axis.kernel]);
    for (int64_t o = 0; o < axis.out; ++o)
      shareWeights(
          MutableArrayRef(indices).slice(o * axis.kernel, axis.kernel),
          MutableArrayRef(weights).slice(o * axis.kernel, axis.kernel));
    pool.value =
        interpolate(node.build, pool.value, place, axis.out, indices, weights);
  }
  return success();
}

LogicalResult mlir::lw::importer::importAveragePoolByAxis(Node &node) {
  FailureOr<Pool> pool = readPool(node);
  if (failed(pool))
    return failure();
  bool withPadding = node.intAttr("count_include_pad", 0) != 0;
  Shape in(node.inputs[0]->shape);
  size_t number = 2;
  if (failed(sumByAxis(
          node, *pool, [&](const AxisWindow &axis, int64_t o, int64_t met) {
            if (!withPadding)
              return 1.0f / static_cast<float>(met);
            // Taps behind the padding, as rounding up makes them, do not count.
            int64_t extent = in[number + (&axis - pool->axes.begin())];
            int64_t count = 0;
            for (int64_t tap = 0; tap < axis.kernel; ++tap)
              count += o * axis.stride - axis.before + tap * axis.dilation <
                       extent + axis.after;
            return 1.0f / static_cast<float>(count);
          })))
    return failure();
  return node.finish(pool->value, pool->layout);
}

//===----------------------------------------------------------------------===//
// Norms of windows
//===----------------------------------------------------------------------===//

/// |x|^p, and the root of its sum.
static Value power(GraphBuilder &build, Value value, int64_t p) {
  int64_t rank = GraphBuilder::shapeOf(value).size();
  if (p == 2)
    return build.mul(value, value);
  value = build.unary<tosa::AbsOp>(value);
  return p == 1 ? value
                : build.binary<tosa::PowOp>(
                      value, build.number(rank, static_cast<float>(p)));
}

static Value root(GraphBuilder &build, Value value, int64_t p) {
  int64_t rank = GraphBuilder::shapeOf(value).size();
  return p == 1 ? value
                : build.binary<tosa::PowOp>(
                      value, build.number(rank, 1.0f / static_cast<float>(p)));
}

static FailureOr<int64_t> readPower(Node &node) {
  int64_t p = node.intAttr("p", 2);
  if (p < 1 || p > 1024)
    return node.error("expects attribute 'p' to be from 1 to 1024, found " +
                      Twine(p));
  return p;
}

static LogicalResult importLpPool(Node &node) {
  FailureOr<int64_t> p = readPower(node);
  if (failed(p))
    return failure();
  FailureOr<Pool> pool = readPool(node);
  if (failed(pool))
    return failure();
  pool->value = power(node.build, pool->value, *p);
  if (failed(sumByAxis(node, *pool, [](const AxisWindow &, int64_t, int64_t) {
        return 1.0f;
      })))
    return failure();
  return node.finish(root(node.build, pool->value, *p), pool->layout);
}

static LogicalResult importGlobalLpPool(Node &node) {
  FailureOr<int64_t> p = readPower(node);
  if (failed(p) || failed(checkInput(node)))
    return failure();
  GraphBuilder &build = node.build;
  Permutation layout = channelsLast(node.inputs[0]->rank());
  Value value = power(build, build.get(node.inputs[0], layout), *p);
  for (size_t axis = 1; axis + 1 < layout.size(); ++axis)
    value = build.reduce<tosa::ReduceSumOp>(value, axis);
  return node.finish(root(build, value, *p), layout);
}

/// x / (bias + alpha / size * (sum of the squares of `size` channels))^beta.
static LogicalResult importLrn(Node &node) {
  if (failed(checkInput(node)))
    return failure();
  int64_t size = node.intAttr("size", 0), channels = node.shape(0)[1];
  if (size < 1)
    return node.error("expects an attribute 'size' of at least 1");
  size = std::min(size, 2 * channels + 1);
  float scale = node.floatAttr("alpha", 1e-4f) /
                static_cast<float>(node.intAttr("size", 0));
  float beta = node.floatAttr("beta", 0.75f);
  if (failed(checkFoldedShape(node, {channels, size})))
    return failure();
  GraphBuilder &build = node.build;
  Permutation layout = channelsLast(node.inputs[0]->rank());
  Value x = build.get(node.inputs[0], layout);
  int64_t rank = layout.size();
  SmallVector<int32_t> indices;
  SmallVector<float> weights;
  for (int64_t channel = 0; channel < channels; ++channel)
    for (int64_t tap = 0; tap < size; ++tap) {
      int64_t other = channel - (size - 1) / 2 + tap;
      bool exists = other >= 0 && other < channels;
      indices.push_back(static_cast<int32_t>(exists ? other : channel));
      weights.push_back(exists ? scale : 0.0f);
    }
  Value sum =
      interpolate(build, build.mul(x, x), rank - 1, channels, indices, weights);
  Value base = build.binary<tosa::AddOp>(
      sum, build.number(rank, node.floatAttr("bias", 1.0f)));
  Value factor = build.binary<tosa::PowOp>(base, build.number(rank, -beta));
  return node.finish(build.mul(x, factor), layout);
}

ArrayRef<OpEntry> mlir::lw::importer::volumeOps() {
  static const OpEntry entries[] = {
      {"GlobalLpPool", 2, 1, importGlobalLpPool, "`tosa.reduce_sum` of powers"},
      {"LRN", 1, 1, importLrn,
       "`lw.interpolate` of squares along the channels"},
      {"LpPool", 2, 1, importLpPool, "`lw.interpolate` of powers"},
  };
  return entries;
}

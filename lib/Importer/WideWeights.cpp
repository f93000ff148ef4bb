//===- WideWeights.cpp - Weights that need more than 8 bits
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// u8 weights less a zero point other than 128 need 9 bits, though few of them
// do: those near the largest of the layer.
//
//===----------------------------------------------------------------------===//

#include "Fold.h"
#include "Quantized.h"
#include "lw/Dialect/IR/LwOps.h"

using namespace mlir;
using namespace mlir::lw::importer;

/// Channels of a byte layout's block, which move together.
static constexpr int64_t kBlock = 16;

/// The terms of 8 bits that an integer is the sum of, by their number.
static int64_t termOf(int64_t step, int64_t number) {
  auto clamped = [](int64_t value) {
    return std::clamp<int64_t>(value, -128, 127);
  };
  for (int64_t i = 0; i < number; ++i)
    step -= clamped(step);
  return clamped(step);
}

namespace {
/// A channel of the new filter: which one of the old, and which term.
struct ChannelTerm {
  int64_t channel, number;
};
} // namespace

/// Whether a constant [outer, channels, inner] has integers with a term of that
/// number in the run's channels.
static bool hasTerm(const Constant &wide, const ChannelRun &run,
                    int64_t channels, int64_t inner, int64_t number) {
  const ElementVector<int64_t> &steps = wide.steps->ints;
  for (int64_t row = run.first * inner, end = steps.size(); row < end;
       row += channels * inner)
    for (int64_t i = 0; i < run.count * inner; ++i)
      if (termOf(steps[row + i], number) != 0)
        return true;
  return false;
}

/// Blocks of channels for which `isWanted` holds, and those for which it does
/// not, joined where they follow each other; only the former with `onlyWanted`.
static SmallVector<ChannelRun>
runsOf(int64_t channels, bool onlyWanted,
       llvm::function_ref<bool(const ChannelRun &)> isWanted) {
  SmallVector<ChannelRun> runs;
  std::optional<bool> last;
  for (int64_t first = 0; first < channels; first += kBlock) {
    ChannelRun block{first, std::min(kBlock, channels - first)};
    bool wanted = isWanted(block);
    if (wanted || !onlyWanted) {
      if (last == wanted)
        runs.back().count += block.count;
      else
        runs.push_back(block);
    }
    last = wanted;
  }
  return runs;
}

TensorRef mlir::lw::importer::channelsOf(GraphBuilder &build,
                                         const TensorRef &image,
                                         const ChannelRun &run) {
  Value value = build.getNhwc(image->integers);
  Shape shape(GraphBuilder::shapeOf(value));
  shape[3] = run.count;
  TensorRef integers =
      GraphBuilder::fromNhwc(build.slice(value, {0, 0, 0, run.first}, shape));
  integers->element = image->integers->element;
  return GraphBuilder::dequantize(integers, image->quantization);
}

TensorRef mlir::lw::importer::channelsOf(const TensorRef &constant,
                                         const ChannelRun &run,
                                         int64_t channels) {
  if (!constant)
    return constant;
  Shape shape(constant->shape), start(shape.size(), 0), step(shape.size(), 1);
  int64_t each = shape[0] / channels;
  start[0] = run.first * each;
  shape[0] = run.count * each;
  return GraphBuilder::fromConstant(
      sliceConstant(*constant->constant, start, step, shape));
}

SmallVector<ChannelRun> mlir::lw::importer::runsOfWideWeights(
    const TensorRef &image, const TensorRef &weights, int64_t channels) {
  if (!image->integers || !weights->constant || !weights->constant->steps)
    return {{0, channels}};
  const Constant &wide = *weights->constant;
  int64_t inner = wide.size() / channels;
  return runsOf(channels, /*onlyWanted=*/false, [&](const ChannelRun &block) {
    return hasTerm(wide, block, channels, inner, 1);
  });
}

void mlir::lw::importer::splitWideWeights(GraphBuilder &build, TensorRef &image,
                                          TensorRef &filter, int64_t axis) {
  if (!image->integers || !filter->constant || !filter->constant->steps)
    return;
  const Constant &wide = *filter->constant;
  int64_t terms = 1;
  for (int64_t step : wide.steps->ints)
    terms =
        std::max(terms, step < 0 ? (-step + 127) / 128 : (step + 126) / 127);
  // Of 16 bits there would be hundreds; reals then.
  if (terms == 1 || terms > 3)
    return;
  int64_t channels = wide.shape[axis];
  int64_t inner = *countElements(ArrayRef(wide.shape).drop_front(axis + 1));
  Value value = build.getNhwc(image->integers);
  SmallVector<Value> parts(1, value);
  SmallVector<ChannelTerm> order;
  if (GraphBuilder::shapeOf(value)[3] == channels) {
    auto append = [&](const ChannelRun &run, int64_t number) {
      for (int64_t i = 0; i < run.count; ++i)
        order.push_back({run.first + i, number});
    };
    append({0, channels}, 0);
    for (int64_t number = 1; number < terms; ++number)
      for (const ChannelRun &run :
           runsOf(channels, /*onlyWanted=*/true, [&](const ChannelRun &block) {
             return hasTerm(wide, block, channels, inner, number);
           })) {
        append(run, number);
        parts.push_back(build.getNhwc(channelsOf(build, image, run)->integers));
      }
    value = build.concat(parts, 3);
  } else {
    // The terms of a channel stand beside each other, in its group.
    for (int64_t channel = 0; channel < channels; ++channel)
      for (int64_t number = 0; number < terms; ++number)
        order.push_back({channel, number});
    parts.assign(terms, value);
    value = lw::ChannelShuffleOp::create(build.builder, build.loc,
                                         build.concat(parts, 3),
                                         static_cast<uint64_t>(terms));
  }

  auto split = std::make_shared<Constant>();
  split->shape = wide.shape;
  split->shape[axis] = order.size();
  std::vector<int64_t> steps;
  std::vector<float> scales, reals;
  for (int64_t row = 0, end = wide.size(); row < end; row += channels * inner)
    for (const ChannelTerm &term : order)
      for (int64_t i = 0; i < inner; ++i) {
        int64_t at = row + term.channel * inner + i;
        steps.push_back(termOf(wide.steps->ints[at], term.number));
        scales.push_back(wide.scales->floats[at]);
        reals.push_back(static_cast<float>(steps.back()) * scales.back());
      }
  split->steps = makeInts(split->shape, std::move(steps));
  split->scales = makeFloats(split->shape, std::move(scales));
  split->floats = makeFloats(split->shape, std::move(reals))->floats;
  filter = GraphBuilder::fromConstant(split);

  TensorRef integers = GraphBuilder::fromNhwc(value);
  integers->element = image->integers->element;
  image = GraphBuilder::dequantize(integers, image->quantization);
}

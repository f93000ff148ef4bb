//===- Gather.cpp - Elements at computed places to tosa.gather
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LinalgToTosa.h"
#include "lw/Dialect/IR/Constants.h"

using namespace mlir;
using namespace mlir::lw;

static int64_t product(ArrayRef<int64_t> extents) {
  int64_t result = 1;
  for (int64_t extent : extents)
    result *= extent;
  return result;
}

/// Dimensions that a loop runs through as they are stay channels of the gather;
/// the others become one, numbered in row-major order.
Value BodyRaiser::computeExtract(Operation *operation) {
  auto extract = cast<tensor::ExtractOp>(operation);
  Value source = extract.getTensor();
  if (!isStaticTensor(source.getType()) || tensorTypeOf(source).getRank() == 0)
    return {};
  ArrayRef<int64_t> shape = TosaBuilder::shapeOf(source);
  // Which loop runs through a dimension; none where its index is computed.
  SmallVector<std::optional<unsigned>> loopOf;
  llvm::SmallDenseSet<unsigned> taken;
  for (auto [index, extent] : llvm::zip(extract.getIndices(), shape)) {
    auto loop = index.getDefiningOp<linalg::IndexOp>();
    bool whole = loop && loops[loop.getDim()] == extent && extent != 1 &&
                 taken.insert(loop.getDim()).second;
    loopOf.push_back(whole ? std::optional<unsigned>(loop.getDim())
                           : std::nullopt);
  }
  // A loop that computes an index too is gathered along.
  Value place;
  for (auto [d, index] : llvm::enumerate(extract.getIndices()))
    if (!loopOf[d]) {
      Value value = get(index);
      if (!value)
        return {};
      for (std::optional<unsigned> &loop : loopOf)
        if (loop && TosaBuilder::shapeOf(value)[*loop] != 1)
          return fail("its body reads a tensor at an index that depends on a "
                      "loop which another index is");
    }
  SmallVector<int64_t> order, channels, channelLoops;
  int64_t places = 1;
  for (auto [d, index] : llvm::enumerate(extract.getIndices())) {
    if (loopOf[d])
      continue;
    order.push_back(d);
    Value value = get(index);
    if (place)
      value = b.binary<tosa::AddOp>(
          b.mul(place, b.number(loops.size(), b.getI32Type(), shape[d])),
          value);
    place = value;
    places *= shape[d];
  }
  for (auto [d, loop] : llvm::enumerate(loopOf))
    if (loop) {
      order.push_back(d);
      channels.push_back(shape[d]);
      channelLoops.push_back(*loop);
    }
  if (!place)
    place = b.number(loops.size(), b.getI32Type(), 0);
  Value values =
      b.reshape(b.transpose(source, order), {1, places, product(channels)});
  SmallVector<int64_t> counts(TosaBuilder::shapeOf(place));
  int64_t count = product(counts);
  Type element = TosaBuilder::elementOf(values);
  Value result = tosa::GatherOp::create(
      b, RankedTensorType::get({1, count, product(channels)}, element), values,
      b.reshape(place, {1, count}));
  // The loops of the places, then those of the channels; ones in their stead.
  SmallVector<int64_t> apart(counts), where;
  for (int64_t loop = 0; loop < static_cast<int64_t>(counts.size()); ++loop) {
    auto *channel = llvm::find(channelLoops, loop);
    where.push_back(channel == channelLoops.end()
                        ? loop
                        : counts.size() + (channel - channelLoops.begin()));
  }
  SmallVector<int64_t> final;
  llvm::append_range(apart, channels);
  for (int64_t w : where)
    final.push_back(apart[w]);
  // Extents of one that the channels take the place of go to the end.
  SmallVector<int64_t> permutation(where);
  for (int64_t loop : channelLoops)
    permutation.push_back(loop);
  return b.reshape(b.transpose(b.reshape(result, apart), permutation), final);
}

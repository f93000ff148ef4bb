//===- Move.cpp - Reshapes, pads, slices and concatenations to tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LinalgToTosa.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lw;

static Raised raisePad(TosaBuilder &b, tensor::PadOp op) {
  Value fill = op.getConstantPaddingValue();
  TypedAttr number = fill ? evaluateScalar(fill) : TypedAttr();
  if (!number)
    return Raised::no("it pads with more than one constant");
  std::optional<SmallVector<int64_t>> low =
      getConstantIntValues(op.getMixedLowPad());
  std::optional<SmallVector<int64_t>> high =
      getConstantIntValues(op.getMixedHighPad());
  if (!low || !high)
    return Raised::no("its amounts are not constant");
  if (llvm::any_of(llvm::concat<int64_t>(*low, *high),
                   [](int64_t amount) { return amount < 0; }))
    return Raised::no("its amounts are negative");
  return b.pad(op.getSource(), *low, *high, number);
}

/// Positions of a slice whose numbers are all constant.
template <typename Op> static bool hasConstantPlaces(Op op) {
  return llvm::none_of(llvm::concat<const int64_t>(op.getStaticOffsets(),
                                                   op.getStaticSizes(),
                                                   op.getStaticStrides()),
                       ShapedType::isDynamic);
}

/// Every stride-th element, by splitting the dimension. tosa has no strides.
static Raised raiseExtractSlice(TosaBuilder &b, tensor::ExtractSliceOp op) {
  if (!hasConstantPlaces(op))
    return Raised::no("its places are not constant");
  if (llvm::is_contained(op.getStaticSizes(), 0))
    return Raised::no("it has no elements");
  Value value = op.getSource();
  SmallVector<int64_t> start(op.getStaticOffsets()), size(op.getStaticSizes()),
      span(size);
  bool strided = false;
  for (auto [extent, stride] : llvm::zip(span, op.getStaticStrides())) {
    extent = (extent - 1) * stride + 1;
    strided |= stride != 1 && extent != 1;
  }
  value = b.slice(value, start, span);
  if (strided) {
    SmallVector<int64_t> none(span.size(), 0), pads(span.size(), 0);
    SmallVector<int64_t> apart, first;
    for (auto [extent, stride, count, after] :
         llvm::zip(span, op.getStaticStrides(), size, pads)) {
      after = count * stride - extent;
      apart.append({count, stride});
      first.append({count, 1});
    }
    value = b.pad(value, none, pads,
                  TosaBuilder::zeroOf(TosaBuilder::elementOf(value)));
    SmallVector<int64_t> origin(apart.size(), 0);
    // What has no stride needs no second dimension.
    value = b.slice(b.reshape(value, apart), origin, first);
  }
  return b.reshape(value, op.getType().getShape());
}

/// A part written over a tensor: the rest of it stands around the part. Only
/// along one dimension or onto one value, which networks need.
static Raised raiseInsertSlice(TosaBuilder &b, tensor::InsertSliceOp op) {
  if (!hasConstantPlaces(op))
    return Raised::no("its places are not constant");
  SmallVector<int64_t> start(op.getStaticOffsets()), size(op.getStaticSizes());
  ArrayRef<int64_t> whole = op.getType().getShape();
  Value part = b.reshape(op.getSource(), size);
  TypedAttr fill = getFillValue(op.getDest());
  SmallVector<int64_t> low, high;
  if (fill) {
    for (auto [d, stride] : llvm::enumerate(op.getStaticStrides())) {
      if (stride == 1 || size[d] == 1)
        continue;
      // x 0 0 x 0 0: the gaps lie in a dimension of their own.
      SmallVector<int64_t> apart(TosaBuilder::shapeOf(part));
      apart.insert(apart.begin() + d + 1, 1);
      SmallVector<int64_t> none(apart.size(), 0), gap(apart.size(), 0);
      gap[d + 1] = stride - 1;
      part = b.pad(b.reshape(part, apart), none, gap, fill);
      apart.erase(apart.begin() + d + 1);
      apart[d] *= stride;
      part = b.reshape(part, apart);
      // The last gap may not be there.
      int64_t room = whole[d] - start[d];
      SmallVector<int64_t> kept(apart), origin(apart.size(), 0);
      kept[d] = std::min(apart[d], room);
      part = b.slice(part, origin, kept);
      size[d] = kept[d];
    }
    for (auto [extent, first, count] : llvm::zip(whole, start, size)) {
      low.push_back(first);
      high.push_back(extent - first - count);
    }
    return b.pad(part, low, high, fill);
  }
  std::optional<unsigned> axis;
  for (auto [d, extent] : llvm::enumerate(whole)) {
    if (op.getStaticStrides()[d] != 1 && size[d] != 1)
      return Raised::no("it has strides and is not onto one constant");
    if (size[d] == extent)
      continue;
    if (axis)
      return Raised::no("it is smaller along several dimensions");
    axis = d;
  }
  if (!axis)
    return part;
  SmallVector<Value> parts;
  auto rest = [&](int64_t from, int64_t to) {
    if (from == to)
      return;
    SmallVector<int64_t> origin(whole.size(), 0), extents(whole);
    origin[*axis] = from;
    extents[*axis] = to - from;
    // An empty tensor's elements are whatever one likes.
    if (op.getDest().getDefiningOp<tensor::EmptyOp>())
      parts.push_back(b.broadcast(
          b.number(whole.size(),
                   TosaBuilder::zeroOf(TosaBuilder::elementOf(part))),
          extents));
    else
      parts.push_back(b.slice(op.getDest(), origin, extents));
  };
  int64_t end = start[*axis] + size[*axis];
  rest(0, start[*axis]);
  parts.push_back(part);
  rest(end, whole[*axis]);
  return Raised(
      tosa::ConcatOp::create(b, op.getType(), parts, *axis).getResult());
}

Raised lw::raiseMove(TosaBuilder &b, Operation *op) {
  return llvm::TypeSwitch<Operation *, Raised>(op)
      .Case<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(
          [&](auto reshape) -> Raised {
            return b.reshape(reshape.getSrc(), reshape.getType().getShape());
          })
      .Case([&](tensor::PadOp pad) { return raisePad(b, pad); })
      .Case([&](tensor::ExtractSliceOp slice) {
        return raiseExtractSlice(b, slice);
      })
      .Case([&](tensor::InsertSliceOp slice) {
        return raiseInsertSlice(b, slice);
      })
      .Case([&](tensor::ConcatOp concat) -> Raised {
        return Raised(tosa::ConcatOp::create(b, concat.getType(),
                                             concat.getInputs(),
                                             concat.getDim())
                          .getResult());
      })
      .Case([&](tensor::SplatOp splat) -> Raised {
        TypedAttr value = evaluateScalar(splat.getInput());
        if (!value)
          return Raised::no("its value is not constant");
        ArrayRef<int64_t> shape = splat.getType().getShape();
        return b.broadcast(b.number(shape.size(), value), shape);
      })
      .Case([&](linalg::FillOp fill) -> Raised {
        TypedAttr value = evaluateScalar(fill.getInputs()[0]);
        if (!value)
          return Raised::no("its value is not constant");
        auto type = cast<RankedTensorType>(fill.getResult(0).getType());
        return Raised(
            tosa::ConstOp::create(b, type, DenseElementsAttr::get(type, value))
                .getResult());
      })
      .Default([](Operation *) {
        return Raised::no("no form in tosa is known for this operation");
      });
}

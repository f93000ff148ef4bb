//===- Images.cpp - The images of a batch, each by itself
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Batch/Images.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/LwRowOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Utils/ConversionUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lw;

static RankedTensorType tensorOf(Value value) {
  return dyn_cast<RankedTensorType>(value.getType());
}

/// The first extent of a tensor.
static int64_t rowsOf(Value value) { return tensorOf(value).getDimSize(0); }

/// Element `index` of a constant shape.
static std::optional<int64_t> shapeElement(Value shape, size_t index) {
  SmallVector<int64_t> values;
  if (!tosa::getConstShapeValues(shape.getDefiningOp(), values) ||
      index >= values.size())
    return std::nullopt;
  return values[index];
}

Images::Images(func::FuncOp main) : main(main) {
  if (!addArguments()) {
    images = 0;
    return;
  }
  for (Operation &op : main.front().without_terminator()) {
    if (llvm::none_of(op.getOperands(), [&](Value v) { return holds(v); }))
      continue;
    if (!keepsApart(&op)) {
      images = 0;
      return;
    }
    values.insert(op.getResult(0));
  }
  for (Value result : main.front().getTerminator()->getOperands())
    if (!holds(result))
      images = 0;
}

/// The inputs say how many images there are.
bool Images::addArguments() {
  for (Value argument : main.getArguments()) {
    RankedTensorType type = tensorOf(argument);
    if (!type || !type.hasStaticShape() || type.getRank() == 0 ||
        (images && type.getDimSize(0) != images))
      return false;
    images = type.getDimSize(0);
    values.insert(argument);
  }
  return images > 0;
}

/// Whether `operands` hold something of the images, and no other operand does.
bool Images::readsOnly(Operation *op, ArrayRef<Value> operands) const {
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    return holds(operand) == llvm::is_contained(operands, operand);
  });
}

/// Of an operation on elements at the same place, with broadcasting.
bool Images::isElementwiseApart(Operation *op) const {
  Value result = op->getResult(0);
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    RankedTensorType type = tensorOf(operand);
    if (!type)
      return false;
    bool sameRank = type.getRank() == tensorOf(result).getRank();
    if (holds(operand))
      return sameRank && rowsOf(operand) == rowsOf(result);
    return type.getNumElements() == 1 || (sameRank && rowsOf(operand) == 1);
  });
}

/// Whether an operation that reads something of the images computes each by
/// itself, in their order.
bool Images::keepsApart(Operation *op) const {
  if (op->getNumResults() != 1 || op->getNumRegions() != 0)
    return false;
  Value result = op->getResult(0), first = op->getOperand(0);
  RankedTensorType type = tensorOf(result);
  if (!type || !type.hasStaticShape() || type.getRank() == 0 ||
      rowsOf(result) % images != 0 || !tensorOf(first))
    return false;
  if (op->hasTrait<OpTrait::tosa::TosaElementwiseOperator>())
    return isElementwiseApart(op);
  bool sameRows = tensorOf(first).getRank() && rowsOf(first) == rowsOf(result);
  // Along another dimension than the first.
  auto along = [&](auto operation) {
    return operation.getAxis() != 0 && readsOnly(op, {first}) && sameRows;
  };
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case([&](ConvolutionOpInterface conv) {
        SmallVector<Value> read = {conv.getConvInput()};
        if (Value residual = conv.getConvResidual())
          read.push_back(residual);
        return readsOnly(op, read) && sameRows;
      })
      .Case<lw::AddOp, lw::MulOp, tosa::MulOp, tosa::NegateOp>(
          [&](auto) { return isElementwiseApart(op); })
      .Case<BatchNormOp, ChannelShuffleOp, QuantizeOp, DequantizeOp,
            RequantizeOp, LookupOp, tosa::CastOp, tosa::MaxPool2dOp,
            tosa::AvgPool2dOp, tosa::ResizeOp>(
          [&](auto) { return readsOnly(op, {first}) && sameRows; })
      .Case<tosa::ReduceSumOp, tosa::ReduceMaxOp, tosa::ReduceMinOp,
            tosa::ReduceProductOp, tosa::ReduceAllOp, tosa::ReduceAnyOp,
            tosa::ArgMaxOp, tosa::ReverseOp>(along)
      .Case<SoftmaxOp, InterpolateOp>(along)
      .Case([&](NormalizeOp normalize) {
        return normalize.getAxes().front() != 0 && readsOnly(op, {first}) &&
               sameRows &&
               llvm::all_of(op->getOperands().drop_front(),
                            [](Value v) { return rowsOf(v) == 1; });
      })
      .Case([&](tosa::ConcatOp concat) {
        return concat.getAxis() != 0 &&
               llvm::all_of(op->getOperands(),
                            [&](Value part) { return holds(part); });
      })
      // Of a table that all images read.
      .Case([&](GatherOp gather) {
        return gather.getAxis() == 0 && !holds(gather.getTable()) &&
               tensorOf(gather.getIndices()).getRank() &&
               rowsOf(gather.getIndices()) == rowsOf(result);
      })
      // What belongs to an image stays side by side.
      .Case([&](tosa::ReshapeOp) { return holds(first); })
      .Case([&](tosa::TransposeOp transpose) {
        return transpose.getPerms().front() == 0;
      })
      .Case([&](tosa::SliceOp slice) {
        return holds(first) && shapeElement(slice.getStart(), 0) == 0 &&
               sameRows;
      })
      .Case([&](tosa::PadOp) { return readsOnly(op, {first}) && sameRows; })
      .Case([&](tosa::TileOp) { return readsOnly(op, {first}) && sameRows; })
      .Case([&](tosa::MatMulOp) {
        return holds(op->getOperand(0)) && holds(op->getOperand(1));
      })
      .Default(false);
}

RankedTensorType Images::resized(Value value, int64_t count) const {
  RankedTensorType type = tensorOf(value);
  SmallVector<int64_t> shape(type.getShape());
  shape[0] = shape[0] / images * count;
  return type.clone(shape);
}

/// Writes `extent` as the first of an operand that is a constant shape.
void Images::resizeShape(Operation *op, unsigned operand, int64_t extent) {
  SmallVector<int64_t> values;
  Value shape = op->getOperand(operand);
  if (!tosa::getConstShapeValues(shape.getDefiningOp(), values))
    llvm_unreachable("shapes are constants");
  values[0] = extent;
  OpBuilder b(op);
  int64_t rank = values.size();
  op->setOperand(
      operand,
      tosa::ConstShapeOp::create(
          b, op->getLoc(), shape.getType(),
          DenseIntElementsAttr::get(
              RankedTensorType::get({rank}, b.getIndexType()), values)));
}

void Images::resize(int64_t count) {
  for (Value value : values)
    value.setType(resized(value, count));
  for (Operation &op : main.front()) {
    if (op.getNumResults() != 1 || !holds(op.getResult(0)))
      continue;
    if (isa<tosa::ReshapeOp>(op))
      resizeShape(&op, 1, rowsOf(op.getResult(0)));
    else if (isa<tosa::SliceOp>(op))
      resizeShape(&op, 2, rowsOf(op.getResult(0)));
  }
  main.setFunctionType(
      FunctionType::get(main.getContext(), main.front().getArgumentTypes(),
                        main.front().getTerminator()->getOperandTypes()));
  images = count;
}

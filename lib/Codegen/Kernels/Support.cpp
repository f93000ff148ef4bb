//===- Support.cpp - Questions about values that kernels ask
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Support.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;

bool mlir::lw::isStaticF32(Value value) {
  RankedTensorType type = tensorTypeOf(value);
  return type && type.hasStaticShape() && type.getElementType().isF32();
}

bool mlir::lw::isStaticFloats(Value value) {
  RankedTensorType type = tensorTypeOf(value);
  return isStaticF32(value) ||
         (type && type.hasStaticShape() && type.getElementType().isBF16());
}

bool mlir::lw::isStaticElements(Value value) {
  RankedTensorType type = tensorTypeOf(value);
  return type && type.hasStaticShape() &&
         (type.getElementType().isF32() || type.getElementType().isInteger(8));
}

bool mlir::lw::isStaticNumbers(Value value) {
  RankedTensorType type = tensorTypeOf(value);
  return type && type.hasStaticShape() &&
         type.getElementType().isIntOrFloat() &&
         type.getElementTypeBitWidth() % 8 == 0;
}

bool mlir::lw::skipsNan(Operation *op) {
  auto mode = op->getAttrOfType<tosa::NanPropagationModeAttr>("nan_mode");
  return mode && mode.getValue() == tosa::NanPropagationMode::IGNORE;
}

llvm::SmallSetVector<int8_t, 2> mlir::lw::zerosAround(Value value) {
  llvm::SmallSetVector<int8_t, 2> zeros;
  for (OpOperand &use : value.getUses()) {
    if (auto concat = dyn_cast<tosa::ConcatOp>(use.getOwner()))
      zeros.insert_range(zerosAround(concat.getOutput()));
    auto conv = dyn_cast<ConvolutionOpInterface>(use.getOwner());
    if (!conv || use.getOperandNumber() != 0 ||
        !conv.getConvGeometry().hasPadding())
      continue;
    if (ConvQuantAttr quant = conv.getConvQuantization())
      zeros.insert(quant.getInput().getZeroPoint());
  }
  return zeros;
}

std::optional<Layout> mlir::lw::wantRowMajor(OpOperand &operand) {
  if (!isRank4(operand.get()) || getLayout(operand.get()).isDense())
    return std::nullopt;
  return Layout::dense(tensorTypeOf(operand.get()));
}

std::optional<Layout> mlir::lw::wantBlocks(OpOperand &operand, int64_t block) {
  if (getLayout(operand.get()).block == block)
    return std::nullopt;
  return Layout::get(tensorTypeOf(operand.get()), block);
}

std::optional<Layout> mlir::lw::wantHalo(OpOperand &operand, int64_t block,
                                         const std::array<int64_t, 4> &halo) {
  Layout in = getLayout(operand.get());
  bool wideEnough = true;
  for (int i = 0; i < 4; ++i)
    wideEnough &= in.halo[i] >= halo[i];
  if (wideEnough && in.block == block)
    return std::nullopt;
  return Layout::get(tensorTypeOf(operand.get()), block, halo);
}

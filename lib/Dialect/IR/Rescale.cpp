//===- Rescale.cpp - TOSA's rescaling of integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/Rescale.h"
#include "lw/Dialect/IR/Quantization.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;

std::optional<Rescale> Rescale::get(Operation *op) {
  auto rescale = dyn_cast<tosa::RescaleOp>(op);
  if (!rescale || !rescale.getScale32())
    return std::nullopt;
  for (Value value : {rescale.getInput(), rescale.getOutput()}) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !type.hasStaticShape() || type.getRank() == 0 ||
        !(type.getElementType().isInteger(8) ||
          type.getElementType().isInteger(32)))
      return std::nullopt;
  }
  auto multipliers = readIntegers(rescale.getMultiplier());
  auto shifts = readIntegers(rescale.getShift());
  auto inputZero = readIntegers(rescale.getInputZp());
  auto outputZero = readIntegers(rescale.getOutputZp());
  if (!multipliers || !shifts || !inputZero || !outputZero ||
      multipliers->size() != shifts->size() || shifts->empty() ||
      // A shift by nothing has no half to add.
      llvm::any_of(*shifts, [](int32_t shift) { return shift < 1; }))
    return std::nullopt;
  Rescale result{*multipliers, *shifts, inputZero->front(),
                 outputZero->front()};
  result.twice = rescale.getRoundingMode() == tosa::RoundingMode::DOUBLE_ROUND;
  result.inputUnsigned = rescale.getInputUnsigned();
  result.outputUnsigned = rescale.getOutputUnsigned();
  if (result.inputUnsigned)
    result.inputZero &= 0xff;
  if (result.outputUnsigned)
    result.outputZero &= 0xff;
  return result;
}

bool Rescale::roundsTwice() const {
  return twice && llvm::any_of(shifts, [](int32_t s) { return s > 31; });
}

int64_t Rescale::applyToByte(int8_t byte) const {
  int64_t x = (inputUnsigned ? byte & 0xff : byte) - inputZero;
  int64_t half = int64_t(1) << (shifts.front() - 1);
  if (roundsTwice())
    half += x >= 0 ? 1 << 30 : -(1 << 30);
  int64_t y = (x * multipliers.front() + half) >> shifts.front();
  int64_t least = outputUnsigned ? 0 : -128;
  return std::clamp(y + outputZero, least, least + 255);
}

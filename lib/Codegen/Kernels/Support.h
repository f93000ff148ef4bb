//===- Support.h - Questions about values that kernels ask
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_SUPPORT_H
#define LW_LIB_CODEGEN_KERNELS_SUPPORT_H

#include "lw/Codegen/Layout.h"
#include "lw/Dialect/IR/Reads.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SetVector.h"
#include <optional>

namespace mlir::lw {

/// Channels that a step of a unit on bytes reads side by side: the block of an
/// image with no more of them.
inline constexpr int64_t kStepBlock = 4;

inline RankedTensorType tensorTypeOf(Value value) {
  return dyn_cast<RankedTensorType>(value.getType());
}

bool isStaticF32(Value value);

/// The same, or of bf16.
bool isStaticFloats(Value value);

/// True for tensors of static shape of what kernels have vectors of: f32 and
/// bytes.
bool isStaticElements(Value value);

inline bool isRank4(Value value) {
  RankedTensorType type = tensorTypeOf(value);
  return type && type.getRank() == 4;
}

/// The same of all that buffers hold.
bool isStaticNumbers(Value value);

/// Whether an operation of TOSA leaves out NaN where another operand is none.
bool skipsNan(Operation *op);

/// The bytes that convolutions with padding want around a value, or around a
/// concatenation that it is a part of: the zero points of their inputs.
llvm::SmallSetVector<int8_t, 2> zerosAround(Value value);

/// Row-major, unless the operand lies so already or has no layout.
std::optional<Layout> wantRowMajor(OpOperand &operand);

/// Blocks of `block` channels, unless the operand lies in such.
std::optional<Layout> wantBlocks(OpOperand &operand, int64_t block);

/// Blocks of `block` channels with a border of at least `halo`, unless the
/// operand lies so.
std::optional<Layout> wantHalo(OpOperand &operand, int64_t block,
                               const std::array<int64_t, 4> &halo);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_SUPPORT_H

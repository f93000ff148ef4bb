//===- CopyPlans.h - What copy operations move
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_COPY_COPYPLANS_H
#define LW_LIB_CODEGEN_KERNELS_COPY_COPYPLANS_H

#include "Kernels/Copy/ChannelCopyKernel.h"
#include "Kernels/Copy/CopyKernel.h"
#include "mlir/IR/Operation.h"
#include <optional>

namespace mlir::lw {

/// What a copy operation moves: per source operand the strided boxes, and the
/// constant that fills what no source covers.
struct CopyPlan {
  struct Source {
    Value value;
    SmallVector<StridedCopy> copies;
  };
  SmallVector<Source> sources;
  std::optional<float> fill;
};
CopyPlan planCopy(Operation *op);

/// The same as a copy of channels, with the operands that it reads; nothing
/// when pixels move too or a value is not in blocks of one vector.
struct ChannelCopyPlan {
  SmallVector<Value> sources;
  ChannelCopySpec spec;
};
std::optional<ChannelCopyPlan> planChannelCopy(Operation *op, int64_t vector);

/// Copies between two layouts of one shape.
SmallVector<StridedCopy> planConversion(const Layout &from, const Layout &to);

/// True when the result of a copy operation lies like its operand, so that both
/// are one buffer.
bool isAlias(Operation *op);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_COPY_COPYPLANS_H

//===- BatchNorm.h - What a batch norm can compute
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_BATCHNORM_H
#define LW_DIALECT_IR_BATCHNORM_H

#include "lw/Dialect/IR/LwOps.h"

namespace mlir::lw {

/// Error for constant parameters with which `op` is no finite function.
LogicalResult checkParameters(BatchNormOp op);

} // namespace mlir::lw

#endif // LW_DIALECT_IR_BATCHNORM_H

//===- CheckNetwork.h - What the passes of code generation rely on
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_STRATEGY_CHECKNETWORK_H
#define LW_LIB_CODEGEN_STRATEGY_CHECKNETWORK_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::lw {

/// Fails where kernels cannot compute the network.
LogicalResult checkNetwork(func::FuncOp main);

/// Fails where an operation has no kernel yet.
LogicalResult checkSelected(func::FuncOp main);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_STRATEGY_CHECKNETWORK_H

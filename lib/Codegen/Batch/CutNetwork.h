//===- CutNetwork.h - A network as functions, one after another -*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_BATCH_CUTNETWORK_H
#define LW_LIB_CODEGEN_BATCH_CUTNETWORK_H

#include "Batch/GroupModel.h"
#include "lw/Lowering/BatchPlan.h"

namespace mlir::lw {

/// Puts the layers of each stretch into a function of its own in place of
/// `main`, and writes which and what they hand to others into `plan`.
SmallVector<func::FuncOp> cutNetwork(func::FuncOp main, const Images &images,
                                     ArrayRef<Operation *> layers,
                                     ArrayRef<Stretch> stretches,
                                     BatchPlan &plan);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_BATCH_CUTNETWORK_H

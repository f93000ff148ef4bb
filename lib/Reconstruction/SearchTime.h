//===- SearchTime.h - Plans that make a network as fast as is wanted
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_RECONSTRUCTION_SEARCHTIME_H
#define LW_LIB_RECONSTRUCTION_SEARCHTIME_H

#include "Measure.h"
#include "lw/Separable/Allocation.h"

namespace mlir::lw {

/// Chooses forms by the times of layers, measures the whole network with them,
/// and corrects the budget by what it finds, until the network's time is near
/// the one wanted. Where precisions are a choice, plans all in f32 and all on
/// integers are measured beside the first that mixes them, so that none of the
/// two is better than what is chosen. A plan that makes the network no faster
/// is given up. Fills in the times of `outcome` and its message.
llvm::Expected<Allocation> searchTime(func::FuncOp main,
                                      const CompileFunction &compile,
                                      ArrayRef<MeasuredLayer> layers,
                                      const SeparableOptions &options,
                                      SeparableOutcome &outcome);

} // namespace mlir::lw

#endif // LW_LIB_RECONSTRUCTION_SEARCHTIME_H

//===- Profile.h - Time of every layer of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_PROFILE_H
#define LW_DRIVER_PROFILE_H

#include "lw/Driver/Compilation.h"
#include "llvm/Support/JSON.h"

namespace mlir::lw {

/// What a lowered module says of the layers of its marks.
std::vector<LayerInfo> listProfiledLayers(ModuleOp module);

/// The mark that the profiled code calls; see `CompileOptions::profileMark`.
void profileMark(int32_t layer);

/// Forgets all runs.
void clearProfile();

/// Tells the marks that a run begins; those of earlier runs stay.
void beginProfiledRun();

/// The least time of every layer over the runs so far, in microseconds.
std::vector<double> profiledMicroseconds(size_t layers);

/// A table: microseconds, share, MACs and GFLOP/s (two a multiply-accumulate)
/// of every layer.
void printProfile(llvm::raw_ostream &os, llvm::ArrayRef<LayerInfo> layers,
                  llvm::ArrayRef<double> microseconds);

/// `[{"layer", "macs", "microseconds"}]`.
llvm::json::Array profileToJson(llvm::ArrayRef<LayerInfo> layers,
                                llvm::ArrayRef<double> microseconds);

} // namespace mlir::lw

#endif // LW_DRIVER_PROFILE_H

//===- PlanFile.h - Forms and precisions of layers in a file
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_PLANFILE_H
#define LW_DRIVER_PLANFILE_H

#include "lw/Quantization/Quantization.h"
#include "lw/Reconstruction/Reconstruction.h"

namespace mlir::lw {

/// What a plan says of one layer.
struct PlannedLayer {
  std::string layer;
  /// As reports call it, `keep` for the one that it has.
  std::string form = "keep";
  /// `int8`, `f32`, or empty where nothing is said.
  std::string precision;
};

/// Reads `{"schema": 1, "layers": [{"layer", "form", "precision"}]}`; form and
/// precision may be left out. Fails for what it does not know, and for layers
/// that are there twice.
llvm::Expected<std::vector<PlannedLayer>> readPlan(StringRef path);

/// What became of a network as a plan.
std::vector<PlannedLayer> makePlan(const SeparableOutcome *separable,
                                   const QuantizationOutcome *quantization);

llvm::Error writePlan(StringRef path, ArrayRef<PlannedLayer> plan);

/// Checks that the layers of a plan exist in `main`, and marks those that are
/// to stay in f32.
llvm::Error applyPrecisions(func::FuncOp main, ArrayRef<PlannedLayer> plan);

} // namespace mlir::lw

#endif // LW_DRIVER_PLANFILE_H

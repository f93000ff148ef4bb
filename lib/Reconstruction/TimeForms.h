//===- TimeForms.h - Which forms of which layers are faster
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_RECONSTRUCTION_TIMEFORMS_H
#define LW_LIB_RECONSTRUCTION_TIMEFORMS_H

#include "Measure.h"

namespace mlir::lw {

/// Whether the precision of a layer is chosen too.
bool mayBeInteger(const LayerProblem &problem, const SeparableOptions &options);

/// Measures the time of every layer, which comes with Keep alone, and adds the
/// forms that are faster. Layers of one shape share what is measured.
llvm::Error timeForms(const SteppedNetwork &network,
                      const SeparableOptions &options,
                      MutableArrayRef<MeasuredLayer> layers);

} // namespace mlir::lw

#endif // LW_LIB_RECONSTRUCTION_TIMEFORMS_H

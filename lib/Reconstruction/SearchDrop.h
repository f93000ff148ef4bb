//===- SearchDrop.h - The cheapest plan within a loss of accuracy
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_RECONSTRUCTION_SEARCHDROP_H
#define LW_LIB_RECONSTRUCTION_SEARCHDROP_H

#include "Fit.h"
#include "lw/Separable/Allocation.h"

namespace mlir::lw {

/// Checks that `options.labels` fit the samples and the network's outputs.
llvm::Error checkLabels(const SteppedNetwork &network,
                        const CalibrationSamples &samples,
                        ArrayRef<int64_t> labels);

/// Top-1 of both networks on the labelled samples, from their results.
SeparableAccuracy countAccuracy(const SteppedNetwork &network,
                                const CalibrationSamples &samples,
                                ArrayRef<int64_t> labels,
                                const SampleRuns &original,
                                const SampleRuns &rewritten);

/// Bisects the budget of MACs for the cheapest plan whose top-1 on the labelled
/// samples is at most `options.target` points below that of the original
/// network. Every plan is fitted twice, to each half of the samples, and judged
/// on the other half, so that no sample is judged by a fit to itself. `choices`
/// are the forms of `layers` with MACs as costs; `heldOutDrop` becomes the
/// points that the plan lost.
llvm::Expected<Allocation>
searchDrop(const SteppedNetwork &network, const CalibrationSamples &samples,
           ArrayRef<MeasuredLayer> layers,
           ArrayRef<std::vector<LayerOption>> choices, int64_t fixedMacs,
           const SeparableOptions &options, SeparableOutcome &outcome,
           double &heldOutDrop);

} // namespace mlir::lw

#endif // LW_LIB_RECONSTRUCTION_SEARCHDROP_H

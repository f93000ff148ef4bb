//===- LayerData.h - Samples of one layer
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_RECONSTRUCTION_LAYERDATA_H
#define LW_LIB_RECONSTRUCTION_LAYERDATA_H

#include "lw/Reconstruction/LayerProblem.h"
#include "lw/Reconstruction/Reconstruction.h"
#include "lw/Stepping/SampleRuns.h"

namespace mlir::lw {

/// Patches of a layer at random output pixels of all samples, and what the
/// layer should compute there.
struct LayerData {
  /// Inputs from `rewritten`; targets are the convolution of the inputs from
  /// `original` plus its bias and residual. Of the samples `numbers` only.
  static LayerData collect(const SteppedNetwork &network, size_t step,
                           const LayerProblem &layer,
                           const SampleRuns &original,
                           const SampleRuns &rewritten,
                           ArrayRef<int64_t> numbers, int64_t patches);

  /// Patches so that a layer of this size is determined well.
  static int64_t needed(const LayerProblem &layer, int64_t patches);

  /// Moments of patches and `outputs`, a row for each patch.
  Moments moments(const SampleMatrix &outputs) const;

  /// Values to fit: what the convolution has to give so that, with the bias and
  /// the residual of the rewritten network, its sum is the target.
  SampleMatrix outputs() const { return targets - residuals; }

  /// The same where values beyond the ends of `activation` count only as far as
  /// they fall on the wrong side: there the target is what the convolution
  /// gives now (`current`) if that is beyond the same end, else the end.
  SampleMatrix outputsThrough(ActivationAttr activation,
                              const SampleMatrix &current) const;

  /// What `filter` (patch x output channels) makes of the patches.
  SampleMatrix apply(const Eigen::MatrixXd &filter) const;

  SampleMatrix patches, targets, residuals;
};

/// True for the activations that `outputsThrough` knows: ReLU and clamps.
bool clampsValues(ActivationAttr activation);

} // namespace mlir::lw

#endif // LW_LIB_RECONSTRUCTION_LAYERDATA_H

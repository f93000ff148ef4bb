//===- Patterns.h - The patterns of lw's graph passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What the passes of Transforms apply, for passes and pipelines of others. All
// of them go with `applyPatternsGreedily`; each ends, alone and together with
// the others of its pass.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TRANSFORMS_PATTERNS_H
#define LW_TRANSFORMS_PATTERNS_H

#include "llvm/ADT/Statistic.h"

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace mlir::lw {

/// Counts rewrites in a statistic, such as that of a pass, which has to live as
/// long as the patterns; counts nothing without one.
class RewriteCount {
public:
  RewriteCount() = default;
  RewriteCount(llvm::Statistic &statistic) : statistic(&statistic) {}

  const RewriteCount &operator++() const {
    if (statistic)
      ++*statistic;
    return *this;
  }

private:
  llvm::Statistic *statistic = nullptr;
};

/// Of --lw-clean: `tosa.identity`, multiplication by 1, addition and
/// subtraction of 0, also where the constant is broadcast, are removed.
void populateDropIdentityPatterns(RewritePatternSet &patterns,
                                  RewriteCount removed = {});

/// Of --lw-clean: transposes of constants are computed; others sink through
/// element-wise operations, reductions, concatenations, pads and slices,
/// towards a transpose that they cancel with. They never move back. To go with
/// the canonicalization of tosa.transpose and tosa.reshape, which makes pairs
/// vanish.
void populateSinkTransposePatterns(RewritePatternSet &patterns,
                                   RewriteCount folded = {},
                                   RewriteCount moved = {});

/// Of --lw-clean: reshapes sink through element-wise operations.
void populateSinkReshapePatterns(RewritePatternSet &patterns,
                                 RewriteCount moved = {});

/// Of --lw-clean: a pad with zeros of height and width joins the padding of the
/// convolution after it.
void populateAbsorbPadPatterns(RewritePatternSet &patterns,
                               RewriteCount absorbed = {});

/// Of --lw-fold-batch-norm, to be applied first: batch norms, and scales and
/// shifts by a constant of each channel, move into the convolution before them
/// (`folded`, `scales`); other batch norms become a scale and a shift
/// (`affine`). Their parameters have to be valid (`checkParameters`).
void populateFoldIntoPreviousPatterns(RewritePatternSet &patterns,
                                      RewriteCount folded = {},
                                      RewriteCount affine = {},
                                      RewriteCount scales = {});

/// Of --lw-fold-batch-norm, to be applied after the former: scales and shifts
/// move into the convolution after them.
void populateFoldIntoNextPatterns(RewritePatternSet &patterns,
                                  RewriteCount scales = {});

/// Of --lw-fuse-epilogue: biases, residual additions and activations after a
/// convolution become part of it.
void populateFuseEpiloguePatterns(RewritePatternSet &patterns,
                                  RewriteCount biases = {},
                                  RewriteCount residuals = {},
                                  RewriteCount activations = {});

/// Of --lw-raise-rows: normalizations and softmax spelled as arithmetic and
/// reductions become lw.normalize and lw.softmax, constants that scale and
/// shift after them their parameters.
void populateRaiseRowPatterns(RewritePatternSet &patterns,
                              RewriteCount normalizations = {},
                              RewriteCount softmaxes = {},
                              RewriteCount parameters = {});

/// Of --lw-gather-one-hot: pointwise convolutions of one-hot rows become
/// lw.gather.
void populateGatherOneHotPatterns(RewritePatternSet &patterns,
                                  RewriteCount gathered = {});

/// Of --lw-fuse-quantization: float operations between lw.dequantize and
/// lw.quantize become operations of integers (`fused`), and what moves elements
/// moves integers (`moved`).
void populateFuseQuantizationPatterns(RewritePatternSet &patterns,
                                      RewriteCount fused = {},
                                      RewriteCount moved = {});

/// Of --lw-split-separable: separable convolutions become a depthwise and a
/// pointwise one; with `termsApart`, one depthwise convolution for each term of
/// a constant filter.
void populateSplitSeparablePatterns(RewritePatternSet &patterns,
                                    bool termsApart = false,
                                    RewriteCount split = {});

} // namespace mlir::lw

#endif // LW_TRANSFORMS_PATTERNS_H

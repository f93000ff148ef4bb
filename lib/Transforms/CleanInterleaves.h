//===- CleanInterleaves.h - Interleaving sinks through arithmetic
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_TRANSFORMS_CLEANINTERLEAVES_H
#define LW_LIB_TRANSFORMS_CLEANINTERLEAVES_H

#include "lw/Transforms/Patterns.h"

namespace mlir::lw {

/// Of --lw-clean: lw.interleave sinks through element-wise operations with
/// constants and batch norms, which then stand at the convolutions whose
/// results are interleaved.
void populateSinkInterleavePatterns(RewritePatternSet &patterns,
                                    RewriteCount moved = {});

} // namespace mlir::lw

#endif // LW_LIB_TRANSFORMS_CLEANINTERLEAVES_H

//===- TosaToLw.h - Parts of the TOSA raising -------------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_TOSATOLW_TOSATOLW_H
#define LW_LIB_CONVERSION_TOSATOLW_TOSATOLW_H

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace mlir::lw {

/// Float arithmetic on constants alone to constants.
void populateFoldArithmeticPatterns(RewritePatternSet &patterns);

/// What begins and ends in f32 but is computed in f64 to f32.
void populateNarrowF64Patterns(RewritePatternSet &patterns);

/// Per-channel arithmetic with constants behind an lw convolution to
/// lw.batch_norm, and products with constant matrices to lw.pointwise_conv_2d.
void populateRaiseAffinePatterns(RewritePatternSet &patterns);

/// Convolutions and products of i8 with constants to lw's, whose accumulators
/// are the result, and tables to lw.lookup.
void populateRaiseIntegersPatterns(RewritePatternSet &patterns);

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_TOSATOLW_TOSATOLW_H

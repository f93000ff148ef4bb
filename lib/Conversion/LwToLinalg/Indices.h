//===- Indices.h - Loops over elements that indices choose ------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_LWTOLINALG_INDICES_H
#define LW_LIB_CONVERSION_LWTOLINALG_INDICES_H

#include "LwToLinalg.h"

namespace mlir::lw {

/// Extents of a tensor as values of index type.
SmallVector<Value> extentsOf(ImplicitLocOpBuilder &b, Value tensor);

/// A tensor of `type` and of the extents `sizes`, whose element at `at` is what
/// `element` makes of `at`.
Value generate(
    ImplicitLocOpBuilder &b, RankedTensorType type, ValueRange sizes,
    function_ref<Value(ImplicitLocOpBuilder &, SmallVector<Value> at)> element);

/// `index`, an integer of any width, as an index; one that is negative counts
/// from the end of `extent`.
Value wrapIndex(ImplicitLocOpBuilder &b, Value index, Value extent);

/// An index, moved to the nearest from 0 to `extent` - 1.
Value nearestIndex(ImplicitLocOpBuilder &b, Value index, Value extent);

/// Whether 0 <= index < extent.
Value isInside(ImplicitLocOpBuilder &b, Value index, Value extent);

/// for each index `at` below `sizes`: carried = body(at, carried), one after
/// another in row-major order.
Value loopOver(
    ImplicitLocOpBuilder &b, ValueRange sizes, Value carried,
    function_ref<Value(ImplicitLocOpBuilder &, SmallVector<Value> at, Value)>
        body);

/// for i from 0 to `count`: carried = body(i, carried).
SmallVector<Value> loopTo(
    ImplicitLocOpBuilder &b, Value count, ValueRange carried,
    function_ref<SmallVector<Value>(ImplicitLocOpBuilder &, Value, ValueRange)>
        body);

/// The operations on indices: what is read by index, what is written one
/// element after another, what is read where coordinates say.
void populateIndexPatterns(RewritePatternSet &patterns);
void populateScatterPatterns(RewritePatternSet &patterns);
void populateGridSamplePatterns(RewritePatternSet &patterns);
void populateRoiPatterns(RewritePatternSet &patterns);
void populateNonMaxSuppressionPatterns(RewritePatternSet &patterns);

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_LWTOLINALG_INDICES_H

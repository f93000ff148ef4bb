//===- RowSpec.h - Reductions and normalizations as loops
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_ROWS_ROWSPEC_H
#define LW_LIB_CODEGEN_KERNELS_ROWS_ROWSPEC_H

#include "Builder/KernelKey.h"
#include "lw/Codegen/Layout.h"
#include "lw/Dialect/IR/LwRowOps.h"

namespace mlir::lw {

/// What is computed of a row: the elements of the operand with the same indices
/// outside of the reduced dimensions.
enum class RowFunction {
  // One element of the result for a row.
  Sum,
  Product,
  Maximum,
  Minimum,
  // One for each of its elements.
  Softmax,
  LogSoftmax,
  Normalize
};

/// Distances in elements in the operand, the result, scale and bias.
enum RowBuffer { kRowInput, kRowOutput, kRowScale, kRowBias, kRowBuffers };
using RowStrides = std::array<int64_t, kRowBuffers>;

/// A loop over a dimension, or over several that lie like one.
struct RowLoop {
  int64_t extent;
  RowStrides strides;
  bool reduced;
};

struct RowSpec {
  RowFunction function;
  bool skipsNan = false; // of a maximum or minimum
  NormKind norm = NormKind::Deviation;
  float epsilon = 0;
  bool hasScale = false, hasBias = false;

  /// Loops around the vectors, outer first: over rows, and over the elements of
  /// a row.
  SmallVector<RowLoop> kept, reduced;
  /// Vectors lie along one dimension more, of `extent` elements; its strides
  /// are those between vectors. Where it is reduced, the lanes of a vector are
  /// elements of one row; else they are rows side by side.
  RowLoop vector;
  /// Where the vector along that dimension is one element in all lanes.
  std::array<bool, kRowBuffers> uniform = {};
  /// Places of the first elements.
  RowStrides origins = {};
  int64_t lanes;

  bool isReduction() const { return function < RowFunction::Softmax; }
  /// Elements of a row.
  int64_t rowSize() const;
  void addTo(KernelKey &key) const;
};

/// The data operands that `op` may have; none when it is no operation on rows.
SmallVector<Value> rowOperands(Operation *op);

RowSpec rowSpec(Operation *op, int64_t lanes);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_ROWS_ROWSPEC_H

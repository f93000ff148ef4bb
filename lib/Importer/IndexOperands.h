//===- IndexOperands.h - Operators on indices
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_INDEXOPERANDS_H
#define LW_LIB_IMPORTER_INDEXOPERANDS_H

#include "Elements.h"
#include "OpTable.h"

namespace mlir::lw::importer {

/// The elements of a tensor in ONNX order, with the type that they have.
Value plainValue(GraphBuilder &build, const TensorRef &tensor);

/// Input `i` as indices, of int32 or int64.
FailureOr<Value> indexValue(Node &node, size_t i);

/// The only element of input 1, known at import and called `name`; an error
/// says that `expected` is one.
FailureOr<int64_t> onlyInteger(Node &node, StringRef name, StringRef expected);

/// A value in ONNX order whose elements are `element`.
TensorRef tensorOf(Value value, Element element);

/// A constant without elements, of the type of those of `like`.
ConstantRef makeEmpty(ArrayRef<int64_t> shape, const TensorRef &like);

/// Checks the indices, input 1, of an operator on single elements along the
/// axis that is returned.
FailureOr<int64_t> checkElementAxis(Node &node);

/// Checks the tuples of indices, the last dimension of input 1, and returns
/// their number of indices.
FailureOr<int64_t> checkTuples(Node &node, int64_t batchDims);

/// The elements of `input` at `indices` along `axis`, as a tensor of `shape`.
LogicalResult finishSelected(Node &node, const TensorRef &input, int64_t axis,
                             ArrayRef<int64_t> indices,
                             ArrayRef<int64_t> shape);

// Rows, as in OpTable.h.
ArrayRef<OpEntry> orderingOps();
ArrayRef<OpEntry> samplingOps();
ArrayRef<OpEntry> scatterOps();

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_INDEXOPERANDS_H

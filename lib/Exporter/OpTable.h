//===- OpTable.h - Operations that are exported
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_EXPORTER_OPTABLE_H
#define LW_LIB_EXPORTER_OPTABLE_H

#include "Graph.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Operation.h"

namespace mlir::lw::exporter {

/// One operation and what it becomes.
struct OpEntry {
  using Emit = LogicalResult (*)(Graph &graph, Operation *op,
                                 const OpEntry &entry);

  StringRef operation;
  Emit emit;
  /// The operator; for the table of documentation, with limits after a
  /// semicolon.
  StringRef becomes;
};

/// The entry of an operation; null when it cannot be exported.
const OpEntry *findOp(StringRef operation);

ArrayRef<OpEntry> convolutionOps();
ArrayRef<OpEntry> elementwiseOps();
ArrayRef<OpEntry> indexOps();
ArrayRef<OpEntry> logicOps();
ArrayRef<OpEntry> poolingOps();
ArrayRef<OpEntry> quantizedOps();
ArrayRef<OpEntry> recurrentOps();
ArrayRef<OpEntry> reductionOps();
ArrayRef<OpEntry> rowOps();
ArrayRef<OpEntry> shapeOps();

/// The operator of `entry` on the only operand, element by element.
LogicalResult emitUnary(Graph &graph, Operation *op, const OpEntry &entry);

/// min(max(x, low), high) of floats, which may be infinite.
TensorRef clampTo(Graph &graph, const TensorRef &x, float low, float high);

/// Averages of the windows of an image of floats; `pad` is top, bottom, left,
/// right, as in tosa.
TensorRef emitAverage(Graph &graph, const TensorRef &x,
                      ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides,
                      ArrayRef<int64_t> pad, ArrayRef<int64_t> shape);

/// Why `op` cannot be exported and what to do about it.
InFlightDiagnostic refuse(Operation *op, const Twine &why);

} // namespace mlir::lw::exporter

#endif // LW_LIB_EXPORTER_OPTABLE_H

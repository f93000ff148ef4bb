//===- OpTable.h - The table of supported operators
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_OPTABLE_H
#define LW_LIB_IMPORTER_OPTABLE_H

#include "Node.h"

namespace mlir::lw::importer {

constexpr int64_t kOldestOpset = 7;
constexpr int64_t kNewestOpset = 28;

/// What an operator does with activations of integers and bool.
enum class Integers {
  None,  ///< It is not for them.
  Bytes, ///< Of 8 bits only: its results are among its operands.
  Moved, ///< Of any type, and bool: its results are among its operands.
  Own,   ///< It sees to them itself.
};

/// One row: how nodes of operator `name` are imported from opset `since` on,
/// until a later row of the same name takes over.
struct OpEntry {
  StringRef name;
  int64_t since;
  int64_t requiredInputs;
  /// Appends the node's results, or emits an error through the node.
  LogicalResult (*import)(Node &node);
  /// What it becomes and what is left out, for the documentation.
  StringRef note;
  Integers integers = Integers::None;
  /// Whether an input may be a sequence.
  bool sequences = false;
};

// The rows of each family of operators.
ArrayRef<OpEntry> activationOps();
ArrayRef<OpEntry> castOps();
ArrayRef<OpEntry> controlFlowOps();
ArrayRef<OpEntry> convolutionOps();
ArrayRef<OpEntry> constantOps();
ArrayRef<OpEntry> elementwiseOps();
ArrayRef<OpEntry> gatherOps();
ArrayRef<OpEntry> integerArithmeticOps();
ArrayRef<OpEntry> integerOps();
ArrayRef<OpEntry> logicOps();
ArrayRef<OpEntry> matrixOps();
ArrayRef<OpEntry> normalizationOps();
ArrayRef<OpEntry> poolingOps();
ArrayRef<OpEntry> quantizedOps();
ArrayRef<OpEntry> recurrentOps();
ArrayRef<OpEntry> reductionOps();
ArrayRef<OpEntry> resizeOps();
ArrayRef<OpEntry> sequenceOps();
ArrayRef<OpEntry> shapeOps();
ArrayRef<OpEntry> sliceOps();

/// What of `nodes` no row imports, each operator with the number of its nodes
/// and the first; empty when all are supported.
std::string describeUnsupported(ArrayRef<const ::onnx::NodeProto *> nodes,
                                int64_t opset);

/// The operator's name in the table: with its domain, unless that is the
/// default one.
std::string tableName(const ::onnx::NodeProto &node);

/// Imports the node by its row, once its inputs fit.
LogicalResult importByTable(Node &node, const ::onnx::NodeProto &proto);

/// Imports the node as `entry` says. Operators that only move elements move
/// integers as reals of scale 1, which hold them exactly.
LogicalResult importOperator(Node &node, const OpEntry &entry);

/// The row for an operator, or null.
const OpEntry *findOp(StringRef name, int64_t opset);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_OPTABLE_H

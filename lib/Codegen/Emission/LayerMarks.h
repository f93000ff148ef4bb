//===- LayerMarks.h - Calls that tell when a layer ends
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_EMISSION_LAYERMARKS_H
#define LW_LIB_CODEGEN_EMISSION_LAYERMARKS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {

/// Emits the calls of code for profiling, see Profile.h.
class LayerMarks {
public:
  explicit LayerMarks(ModuleOp module) : module(module) {}

  /// Calls the mark for the layer that ends with `op`; the parts of a stage in
  /// strips count as one.
  void add(OpBuilder &builder, Operation *op);

  /// Writes what the layers of the functions are, and where their results lie
  /// in the arena, into the module.
  void describe(ArrayRef<func::FuncOp> functions);

private:
  ModuleOp module;
  SmallVector<Attribute> layers;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_EMISSION_LAYERMARKS_H

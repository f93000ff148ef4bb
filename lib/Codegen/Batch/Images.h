//===- Images.h - The images of a batch, each by itself ---------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_BATCH_IMAGES_H
#define LW_LIB_CODEGEN_BATCH_IMAGES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::lw {

/// The images of a network's batch, where it computes each by itself: then the
/// first dimension of every value counts them, perhaps with several rows each.
class Images {
public:
  explicit Images(func::FuncOp main);

  /// How many there are; 0 where an operation mixes them or is not known.
  int64_t count() const { return images; }
  /// Whether `value` holds something of every image.
  bool holds(Value value) const { return values.contains(value); }
  /// Makes the network one of so many images.
  void resize(int64_t count);

private:
  bool addArguments();
  bool keepsApart(Operation *op) const;
  bool readsOnly(Operation *op, ArrayRef<Value> operands) const;
  bool isElementwiseApart(Operation *op) const;
  RankedTensorType resized(Value value, int64_t count) const;
  void resizeShape(Operation *op, unsigned operand, int64_t extent);

  func::FuncOp main;
  int64_t images = 0;
  llvm::DenseSet<Value> values;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_BATCH_IMAGES_H

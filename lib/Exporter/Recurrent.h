//===- Recurrent.h - What belongs to a recurrent layer
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_EXPORTER_RECURRENT_H
#define LW_LIB_EXPORTER_RECURRENT_H

#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/LwSequenceOps.h"
#include "mlir/IR/Operation.h"

namespace mlir::lw::exporter {

/// The product of a layer's inputs with constant weights, where nothing else
/// reads it: ONNX has it in the layer. Without `conv` there is none.
struct Projection {
  PointwiseConv2DOp conv;
  Operation *reshape = nullptr; // of its result, may be null

  static Projection find(RecurrentOp op);
};

} // namespace mlir::lw::exporter

#endif // LW_LIB_EXPORTER_RECURRENT_H

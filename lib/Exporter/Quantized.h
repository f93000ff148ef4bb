//===- Quantized.h - Integers between float operators
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_EXPORTER_QUANTIZED_H
#define LW_LIB_EXPORTER_QUANTIZED_H

#include "Graph.h"
#include "lw/Dialect/IR/LwOps.h"

namespace mlir::lw::exporter {

TensorRef quantizeTo(Graph &graph, const TensorRef &x, QuantAttr quantization);
TensorRef dequantizeFrom(Graph &graph, const TensorRef &x,
                         QuantAttr quantization);

/// Weights or a bias with scales along the first dimension, or one for all;
/// `part` is what they are to the layer.
TensorRef dequantizeConstant(Graph &graph, const TensorRef &x,
                             ArrayRef<float> scales, StringRef part);

/// The same bytes, signed or unsigned as `quantization` says.
TensorRef withSign(Graph &graph, const TensorRef &x, QuantAttr quantization);

} // namespace mlir::lw::exporter

#endif // LW_LIB_EXPORTER_QUANTIZED_H

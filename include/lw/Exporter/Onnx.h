//===- Onnx.h - Export of networks to ONNX
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_EXPORTER_ONNX_H
#define LW_EXPORTER_ONNX_H

#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir::lw {

/// The ONNX file, opset 17, of the network `@main` of tosa and lw operations at
/// the graph level: inputs and outputs of the names and shapes of its
/// arguments and results, nodes named after the layers, images NCHW wherever
/// the network leaves the order open, quantized operations as float ones
/// between QuantizeLinear and DequantizeLinear.
///
/// Emits an error for an operation that ONNX has no form of.
FailureOr<std::string> exportOnnx(ModuleOp module);

/// Writes the table of exported operations as Markdown (docs/onnx-support.md).
void printOnnxExports(llvm::raw_ostream &os);

} // namespace mlir::lw

#endif // LW_EXPORTER_ONNX_H

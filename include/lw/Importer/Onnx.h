//===- Onnx.h - Import of ONNX networks
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_IMPORTER_ONNX_H
#define LW_IMPORTER_ONNX_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir::lw {

struct OnnxImportOptions {
  /// The extent given to a symbolic first dimension of the inputs.
  int64_t batch = 1;
  /// Where notes to the user go, if anywhere.
  llvm::raw_ostream *notes = nullptr;
};

/// Imports the ONNX network in the file `path` as a module with one public
/// function `main` of `tosa` and `lw` operations: static f32 shapes, arguments
/// and results in the network's own layout (NCHW) and named by the attribute
/// `lw.name`, activations NHWC inside, locations named after the ONNX nodes.
/// External data is read from the folder of `path` only.
///
/// On failure emits one error that names the file and, where there is one, the
/// node, operator and opset, and returns null.
OwningOpRef<ModuleOp> importOnnx(StringRef path, MLIRContext &context,
                                 const OnnxImportOptions &options = {});

/// Writes the table of supported operators as Markdown (docs/onnx-support.md).
void printOnnxOperators(llvm::raw_ostream &os);

} // namespace mlir::lw

#endif // LW_IMPORTER_ONNX_H

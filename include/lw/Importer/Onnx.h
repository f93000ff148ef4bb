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

/// What the extents of a network's inputs are, where the file leaves them open
/// or something else is wanted.
struct InputShapes {
  /// The extent of a symbolic first dimension, 1 without; with it also that of
  /// a first dimension which the file fixes at 1.
  std::optional<int64_t> batch;
  /// Whole shapes by the names of inputs, in place of the file's.
  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes;
  /// Extents by the names of symbolic dimensions.
  std::vector<std::pair<std::string, int64_t>> dims;

  /// Numbers in the place of inputs, by their names: as many as an input has
  /// elements, or one for all of them.
  std::vector<std::pair<std::string, std::vector<double>>> values;

  bool areGiven() const {
    return batch || !shapes.empty() || !dims.empty() || !values.empty();
  }
};

struct OnnxImportOptions {
  InputShapes inputs;
  /// Where notes to the user go, if anywhere.
  llvm::raw_ostream *notes = nullptr;
};

/// Imports the ONNX network in the file `path` as a module with one public
/// function `main` of `tosa` and `lw` operations: static shapes, arguments
/// and results of the declared types in the network's own layout (NCHW) and
/// named by the attribute `lw.name`, activations NHWC inside, locations named
/// after the ONNX nodes. External data is read from the folder of `path` only.
///
/// On failure emits errors that name the file and, where there is one, the
/// node, operator and opset, as many as are known at once, and returns null.
OwningOpRef<ModuleOp> importOnnx(StringRef path, MLIRContext &context,
                                 const OnnxImportOptions &options = {});

/// Writes the table of supported operators as Markdown (docs/onnx-support.md).
void printOnnxOperators(llvm::raw_ostream &os);

} // namespace mlir::lw

#endif // LW_IMPORTER_ONNX_H

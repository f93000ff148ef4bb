//===- ModuleFile.h - Networks to and from files
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_MODULEFILE_H
#define LW_DRIVER_MODULEFILE_H

#include "lw/Importer/Onnx.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

namespace mlir::lw {

/// Whether the ending of `path`, in any case, is that of an ONNX file.
bool isOnnxPath(StringRef path);

/// Reads an ONNX file or MLIR, text or bytecode, as the path says. `inputs`
/// are for ONNX files; MLIR says all extents. What has a place in the file is
/// said by diagnostics on standard error.
llvm::Expected<OwningOpRef<ModuleOp>>
readModule(StringRef path, MLIRContext &context, const InputShapes &inputs);

/// Fails when no input of the network that came from `path` has `batch` as its
/// first extent: it is fixed in the file.
llvm::Error checkBatch(ModuleOp module, StringRef path, int64_t batch);

/// Writes text or bytecode. Bytecode keeps the names of layers but no places in
/// files, so that the same network gives the same bytes wherever it lies; they
/// are taken out of `module`.
llvm::Error writeModule(ModuleOp module, StringRef path, bool bytecode);

/// Writes `module` as an ONNX file. What cannot be exported is said by
/// diagnostics on standard error.
llvm::Error writeOnnx(ModuleOp module, StringRef path);

} // namespace mlir::lw

#endif // LW_DRIVER_MODULEFILE_H

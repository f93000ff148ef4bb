//===- MlirInput.h - Networks that come as MLIR -----------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_MLIRINPUT_H
#define LW_DRIVER_MLIRINPUT_H

#include "lw/Importer/Onnx.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace mlir::lw {

/// Makes the function `entry` of a module that came from `path` the network,
/// @main; without a name @main or the only public function. Its inputs take the
/// batch and the shapes of `inputs` where the file leaves extents open, a batch
/// of 1 without, and what is computed from them follows. Variables that nobody
/// writes become constants.
llvm::Error prepareMlir(ModuleOp module, StringRef path, StringRef entry,
                        const InputShapes &inputs);

} // namespace mlir::lw

#endif // LW_DRIVER_MLIRINPUT_H

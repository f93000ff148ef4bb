//===- ImageInput.h - Networks that take images as they are -----*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_IMAGEINPUT_H
#define LW_DRIVER_IMAGEINPUT_H

#include "lw/IO/Images.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::lw {

/// Makes uint8 images, N x H x W x C, the input of a network in place of the
/// floats that `preprocessing` makes of them. An error unless the network has
/// one input, of f32, N x C x H x W (tried first) or N x H x W x C with 1, 3 or
/// 4 channels, which the preprocessing must fit.
llvm::Error takeImages(func::FuncOp main,
                       const ImagePreprocessing &preprocessing);

} // namespace mlir::lw

#endif // LW_DRIVER_IMAGEINPUT_H

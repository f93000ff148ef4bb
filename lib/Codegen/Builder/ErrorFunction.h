//===- ErrorFunction.h - The error function of vectors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_BUILDER_ERRORFUNCTION_H
#define LW_LIB_CODEGEN_BUILDER_ERRORFUNCTION_H

#include "Builder/KernelBuilder.h"

namespace mlir::lw {

/// erf(x) of a vector, with an error of 3e-7 at most; NaN of NaN.
Value emitErrorFunction(KernelBuilder &k, Value x);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_BUILDER_ERRORFUNCTION_H

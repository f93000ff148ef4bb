//===- Exponential.h - Exponentials of vectors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_BUILDER_EXPONENTIAL_H
#define LW_LIB_CODEGEN_BUILDER_EXPONENTIAL_H

#include "Builder/KernelBuilder.h"

namespace mlir::lw {

/// exp(x) as the product of a number near 1 and a power of two, of a vector or
/// a scalar from -87 to 88.
std::pair<Value, Value> emitExponential(KernelBuilder &k, Value x);

/// exp(x) of a vector of numbers up to 0; 0 where that is no normal number.
Value emitExponentialOfLess(KernelBuilder &k, Value x);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_BUILDER_EXPONENTIAL_H

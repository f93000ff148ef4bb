//===- TableLookup.h - Bytes by a table of 256
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_BUILDER_TABLELOOKUP_H
#define LW_LIB_CODEGEN_BUILDER_TABLELOOKUP_H

#include "Builder/KernelBuilder.h"

namespace mlir::lw {

/// table[x] for every byte of a vector of `tableLanes` of the target, which has
/// a form of lookup.
Value lookup(KernelBuilder &k, Value x, ArrayRef<int8_t> table);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_BUILDER_TABLELOOKUP_H

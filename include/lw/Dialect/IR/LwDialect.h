//===- LwDialect.h - The lw dialect -----------------------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWDIALECT_H
#define LW_DIALECT_IR_LWDIALECT_H

#include "mlir/IR/Dialect.h"

#include "lw/Dialect/IR/LwDialect.h.inc"

#endif // LW_DIALECT_IR_LWDIALECT_H

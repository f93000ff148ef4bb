//===- LwIndexOps.h - Operations on indices ---------------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWINDEXOPS_H
#define LW_DIALECT_IR_LWINDEXOPS_H

#include "lw/Dialect/IR/LwOps.h"

#define GET_OP_CLASSES
#include "lw/Dialect/IR/LwIndexOps.h.inc"

#endif // LW_DIALECT_IR_LWINDEXOPS_H

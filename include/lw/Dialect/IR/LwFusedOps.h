//===- LwFusedOps.h - Operations that are computed together -----*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWFUSEDOPS_H
#define LW_DIALECT_IR_LWFUSEDOPS_H

#include "lw/Dialect/IR/LwOps.h"

#define GET_OP_CLASSES
#include "lw/Dialect/IR/LwFusedOps.h.inc"

#endif // LW_DIALECT_IR_LWFUSEDOPS_H

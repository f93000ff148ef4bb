//===- LwRowOps.h - Operations on whole rows of elements --------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWROWOPS_H
#define LW_DIALECT_IR_LWROWOPS_H

#include "lw/Dialect/IR/LwOps.h"

#include "lw/Dialect/IR/LwRowEnums.h.inc"

#define GET_OP_CLASSES
#include "lw/Dialect/IR/LwRowOps.h.inc"

#endif // LW_DIALECT_IR_LWROWOPS_H

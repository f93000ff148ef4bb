//===- LwImageOps.h - Operations on images ----------------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWIMAGEOPS_H
#define LW_DIALECT_IR_LWIMAGEOPS_H

#include "lw/Dialect/IR/LwOps.h"

#define GET_OP_CLASSES
#include "lw/Dialect/IR/LwImageOps.h.inc"

#endif // LW_DIALECT_IR_LWIMAGEOPS_H

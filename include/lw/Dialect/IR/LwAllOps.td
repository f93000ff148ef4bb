//===- LwAllOps.td - Every operation, for the documentation -*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWALLOPS_TD
#define LW_DIALECT_IR_LWALLOPS_TD

include "lw/Dialect/IR/LwOps.td"
include "lw/Dialect/IR/LwFusedOps.td"
include "lw/Dialect/IR/LwImageOps.td"
include "lw/Dialect/IR/LwIndexOps.td"
include "lw/Dialect/IR/LwRowOps.td"
include "lw/Dialect/IR/LwSequenceOps.td"

#endif // LW_DIALECT_IR_LWALLOPS_TD

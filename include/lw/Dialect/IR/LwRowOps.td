//===- LwRowOps.td - Operations on whole rows of elements --*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWROWOPS_TD
#define LW_DIALECT_IR_LWROWOPS_TD

include "lw/Dialect/IR/LwBase.td"

#endif // LW_DIALECT_IR_LWROWOPS_TD

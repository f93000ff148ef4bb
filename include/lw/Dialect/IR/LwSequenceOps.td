//===- LwSequenceOps.td - Operations that run over a sequence -*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWSEQUENCEOPS_TD
#define LW_DIALECT_IR_LWSEQUENCEOPS_TD

include "lw/Dialect/IR/LwBase.td"

#endif // LW_DIALECT_IR_LWSEQUENCEOPS_TD

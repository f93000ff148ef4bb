//===- LwIndexOps.td - Operations on indices ---------------*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWINDEXOPS_TD
#define LW_DIALECT_IR_LWINDEXOPS_TD

include "lw/Dialect/IR/LwBase.td"

#endif // LW_DIALECT_IR_LWINDEXOPS_TD

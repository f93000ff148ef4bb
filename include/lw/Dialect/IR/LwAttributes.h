//===- LwAttributes.h - Attributes of the lw dialect ------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWATTRIBUTES_H
#define LW_DIALECT_IR_LWATTRIBUTES_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/APFloat.h"

#include "lw/Dialect/IR/LwAttrInterfaces.h.inc"
#include "lw/Dialect/IR/LwEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "lw/Dialect/IR/LwAttributes.h.inc"

#endif // LW_DIALECT_IR_LWATTRIBUTES_H

//===- LwOps.h - Operations of the lw dialect -------------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWOPS_H
#define LW_DIALECT_IR_LWOPS_H

#include "lw/Dialect/IR/ConvGeometry.h"
#include "lw/Dialect/IR/LwAttributes.h"
#include "lw/Dialect/IR/LwDialect.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::lw::detail {
/// True when the types agree wherever both know an extent.
bool areCompatibleTypes(TypeRange inferred, TypeRange actual);
/// Elements of all filters and the bias of a convolution.
int64_t countParameters(Operation *convolution);
} // namespace mlir::lw::detail

#include "lw/Dialect/IR/LwInterfaces.h.inc"

#define GET_OP_CLASSES
#include "lw/Dialect/IR/LwOps.h.inc"

#endif // LW_DIALECT_IR_LWOPS_H

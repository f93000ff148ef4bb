//===- LwRowEnums.td - Kinds of normalizations -------------*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWROWENUMS_TD
#define LW_DIALECT_IR_LWROWENUMS_TD

include "mlir/IR/EnumAttr.td"

def Lw_NormKind : I32EnumAttr<"NormKind", "What a normalization divides by", [
    I32EnumAttrCase<"Deviation", 0, "deviation">,
    I32EnumAttrCase<"Rms", 1, "rms">,
    I32EnumAttrCase<"L1", 2, "l1">,
    I32EnumAttrCase<"L2", 3, "l2">
  ]> {
  let cppNamespace = "::mlir::lw";
}

#endif // LW_DIALECT_IR_LWROWENUMS_TD

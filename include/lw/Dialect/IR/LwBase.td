//===- LwBase.td - What all operations share ---------------*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWBASE_TD
#define LW_DIALECT_IR_LWBASE_TD

include "lw/Dialect/IR/LwAttributes.td"
include "lw/Dialect/IR/LwDialect.td"
include "lw/Dialect/IR/LwInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Lw_Op<string mnemonic, list<Trait> traits = []>
    : Op<Lw_Dialect, mnemonic, !listconcat(traits, [Pure])>;

def Lw_Tensor4D : 4DTensorOf<[AnyFloat]>;
def Lw_Tensor1D : 1DTensorOf<[AnyFloat]>;
def Lw_Tensor : TensorOf<[AnyFloat]>;
def Lw_MovedTensor : TensorOf<[AnyFloat, I8]>;

// Quantized values are tensors of i8; i32 are biases and accumulators.
def Lw_ByteTensor : TensorOf<[I8]>;
def Lw_ConvTensor : 4DTensorOf<[AnyFloat, I8]>;
def Lw_ConvResult : 4DTensorOf<[AnyFloat, I8, I32]>;
def Lw_ConvBias : 1DTensorOf<[AnyFloat, I32]>;

// Attribute pairs and the padding quadruple; lengths and signs are checked in
// one place, the shared shape inference.
def Lw_Pair : ConfinedAttr<DenseI64ArrayAttr, [DenseArrayCount<2>]>;
def Lw_Padding : ConfinedAttr<DenseI64ArrayAttr, [DenseArrayCount<4>]>;

#endif // LW_DIALECT_IR_LWBASE_TD

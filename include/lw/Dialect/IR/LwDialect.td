//===- LwDialect.td - The lw dialect -----------------------*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWDIALECT_TD
#define LW_DIALECT_IR_LWDIALECT_TD

include "mlir/IR/DialectBase.td"

def Lw_Dialect : Dialect {
  let name = "lw";
  let cppNamespace = "::mlir::lw";
  let summary = "Convolution variants of light neural networks";
  let description = [{
    Models what the upstream dialects lack for light convolutional networks:
    every convolution variant as an operation of its own (standard and grouped,
    depthwise with a channel multiplier, pointwise, depthwise-separable), batch
    normalization and channel shuffle. Everything else of a network stays in
    `tosa`.

    Conventions, the same for every operation:

    - Activations are `N x H x W x C` tensors, filters
      `KH x KW x (Cin / groups) x Cout`, depthwise filters `KH x KW x C x M`.
    - `padding` is `[top, bottom, left, right]` and pads with zeros; `strides`
      and `dilations` are `[vertical, horizontal]`.
    - The output extent is
      `floor((in + pad_before + pad_after - dilation * (K - 1) - 1) / stride) + 1`.
    - Bias, residual and activation belong to the convolution so that an
      epilogue is one operation: `y = act(conv(x, w) + bias + residual)`.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tosa::TosaDialect"];
  let extraClassDeclaration = [{
    /// Registers the attributes, next to their definitions.
    void registerAttributes();
  }];
}

#endif // LW_DIALECT_IR_LWDIALECT_TD

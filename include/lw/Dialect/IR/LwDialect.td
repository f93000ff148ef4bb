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

    Quantized convolutions have `quantization` (see `#lw.conv_quant`) and integers
    for operands. With `x`, `w`, `b`, `r` the integers of input, filter, bias and
    residual, `z` their zero points, `m[c] = f32(input.scale * filter[c] /
    output.scale)` and `mr = f32(residual.scale / output.scale)`, both computed in
    f64 and rounded once:

    ```
    acc = b[c] + sum of (x - zx) * w                    (i32, wraps)
    y = saturate(rint(float(acc) * m[c] + float(r - zr) * mr) + zy)
    ```

    Products and sum are rounded to f32 one by one, `rint` rounds half to even: the
    same integers on every processor. Padding stands for zero: it holds `zx`. A
    `relu` is `max(y, zy)`, a `clamp` has its bounds quantized as by `lw.quantize`.
    A result of f32 is `act(float(acc) * f32(input.scale * filter[c]) + residual)`,
    a result of i32 is `acc`.

    1. The input and all filters are i8; the bias, if any, is i32.
    2. `filter` has a finite, positive scale per output channel, none with a result
       of i32. A separable convolution is split before it is quantized.
    3. A result of i8 has `output`; its activation, if any, is `relu` or `clamp`.
    4. A result of f32 has no `output`; one of i32 neither residual nor activation.
    5. A residual is of the result's type, and of i8 with `residual` only.
    6. `m[c]` and `mr` are normal numbers of f32, at most 2^64; so are the ratios of
       scales in other operations.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tosa::TosaDialect"];
  let extraClassDeclaration = [{
    /// Registers the attributes, next to their definitions.
    void registerAttributes();
  }];
}

#endif // LW_DIALECT_IR_LWDIALECT_TD

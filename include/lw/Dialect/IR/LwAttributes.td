//===- LwAttributes.td - Attributes of the lw dialect ------*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWATTRIBUTES_TD
#define LW_DIALECT_IR_LWATTRIBUTES_TD

include "lw/Dialect/IR/LwDialect.td"
include "lw/Dialect/IR/LwStrategy.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Lw_ActivationKind : I32EnumAttr<"ActivationKind", "Activation function", [
    I32EnumAttrCase<"Relu", 0, "relu">,
    I32EnumAttrCase<"Clamp", 1, "clamp">,
    I32EnumAttrCase<"LeakyRelu", 2, "leaky_relu">,
    I32EnumAttrCase<"Sigmoid", 3, "sigmoid">,
    I32EnumAttrCase<"Tanh", 4, "tanh">,
    I32EnumAttrCase<"HardSigmoid", 5, "hard_sigmoid">,
    I32EnumAttrCase<"HardSwish", 6, "hard_swish">,
    I32EnumAttrCase<"Silu", 7, "silu">,
    I32EnumAttrCase<"Gelu", 8, "gelu">,
    I32EnumAttrCase<"GeluTanh", 9, "gelu_tanh">
  ]> {
  let cppNamespace = "::mlir::lw";
  let genSpecializedAttr = 0;
}

def Lw_ActivationAttr : AttrDef<Lw_Dialect, "Activation"> {
  let mnemonic = "act";
  let summary = "Activation function fused into a convolution";
  let description = [{
    | kind           | formula                             | parameters        |
    |----------------|-------------------------------------|-------------------|
    | `relu`         | `max(x, 0)`                         |                   |
    | `clamp`        | `min(max(x, alpha), beta)`          | `alpha <= beta`   |
    | `leaky_relu`   | `x >= 0 ? x : alpha * x`            | `alpha`           |
    | `sigmoid`      | `1 / (1 + exp(-x))`                 |                   |
    | `tanh`         | `tanh(x)`                           |                   |
    | `hard_sigmoid` | `min(max(alpha * x + beta, 0), 1)`  | `alpha`, `beta`   |
    | `hard_swish`   | `x * min(max(x / 6 + 0.5, 0), 1)`   |                   |
    | `silu`         | `x / (1 + exp(-x))`                 |                   |
    | `gelu`         | `x / 2 * (1 + erf(x / sqrt(2)))`    |                   |
    | `gelu_tanh`    | `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))` | |

    At minus infinity the last three are their limit, zero.

    Examples: `#lw.act<relu>`, `#lw.act<clamp, 0.0, 6.0>`.
  }];
  let parameters = (ins
    EnumParameter<Lw_ActivationKind>:$kind,
    DefaultValuedParameter<"::llvm::APFloat", "::llvm::APFloat(0.0f)">:$alpha,
    DefaultValuedParameter<"::llvm::APFloat", "::llvm::APFloat(0.0f)">:$beta);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let builders = [
    AttrBuilder<(ins "ActivationKind":$kind), [{
      return $_get($_ctxt, kind, ::llvm::APFloat(0.0f), ::llvm::APFloat(0.0f));
    }]>,
    AttrBuilder<(ins "ActivationKind":$kind, "float":$alpha, "float":$beta), [{
      return $_get($_ctxt, kind, ::llvm::APFloat(alpha), ::llvm::APFloat(beta));
    }]>
  ];
  let extraClassDeclaration = [{
    float getAlphaValue() const { return getAlpha().convertToFloat(); }
    float getBetaValue() const { return getBeta().convertToFloat(); }
    /// The activation of one value, in f32: the reference that every lowering
    /// is compared with.
    float apply(float x) const;
  }];
}

//===----------------------------------------------------------------------===//
// Quantization
//===----------------------------------------------------------------------===//

def Lw_QuantAttr : AttrDef<Lw_Dialect, "Quant"> {
  let mnemonic = "quant";
  let summary = "How 8-bit integers stand for real numbers";
  let description = [{
    `real = scale * (q - zero_point)`, one scale and zero point a tensor. `u8`: `q`
    is in [0, 255], `s8`: in [-128, 127]; `u8` with zero point `z` and `s8` with
    `z - 128` hold the same reals. The scale is an f32, normal and positive, the
    zero point in the range of `q`, so that zero is represented exactly.

    Quantized tensors are tensors of `i8`; operations say what their operands and
    results stand for.

    Example: `#lw.quant<u8, 0.0235, 128>`.
  }];
  let parameters = (ins "bool":$isUnsigned, "::llvm::APFloat":$scale,
                        "int64_t":$zeroPoint);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let builders = [
    AttrBuilder<(ins "bool":$isUnsigned, "float":$scale, "int64_t":$zeroPoint), [{
      return $_get($_ctxt, isUnsigned, ::llvm::APFloat(scale), zeroPoint);
    }]>
  ];
  let extraClassDeclaration = [{
    float getScaleValue() const { return getScale().convertToFloat(); }
    /// The least and the greatest `q`.
    int64_t least() const { return getIsUnsigned() ? 0 : -128; }
    int64_t greatest() const { return getIsUnsigned() ? 255 : 127; }
    /// `rounded + zero_point`, saturated; `rounded` is a whole number or
    /// infinite.
    int64_t saturate(float rounded) const;
    /// saturate(rint(x / scale)), half to even; NaN becomes the zero point.
    int64_t quantize(float x) const;
    float dequantize(int64_t q) const {
      return static_cast<float>(q - getZeroPoint()) * getScaleValue();
    }
    /// `q` from the byte that holds it.
    int64_t fromByte(uint8_t byte) const {
      return getIsUnsigned() ? byte : static_cast<int8_t>(byte);
    }
    /// The same reals in the other range of integers.
    QuantAttr withUnsigned(bool isUnsigned) const;
  }];
}

def Lw_ConvQuantAttr : AttrDef<Lw_Dialect, "ConvQuant"> {
  let mnemonic = "conv_quant";
  let summary = "What the integers of a quantized convolution stand for";
  let description = [{
    - `input`: the input.
    - `filter`: one scale per output channel; weights are `s8` with zero point 0.
      Absent when the result is the accumulator.
    - `output`: the result; absent when the result is not quantized.
    - `residual`: the residual; absent without one.

    Example:
    `#lw.conv_quant<input = <u8, 0.5, 128>, filter = [0.25, 0.5], output = <u8, 1.0, 0>>`.
  }];
  let parameters = (ins "QuantAttr":$input,
                        OptionalParameter<"::mlir::DenseF32ArrayAttr">:$filter,
                        OptionalParameter<"QuantAttr">:$output,
                        OptionalParameter<"QuantAttr">:$residual);
  let assemblyFormat = [{
    `<` struct($input, custom<Scales>($filter), $output, $residual) `>`
  }];
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Target: what the module is compiled for
//===----------------------------------------------------------------------===//

def Lw_TargetAttr : AttrDef<Lw_Dialect, "Target"> {
  let mnemonic = "target";
  let summary = "The processor that a module is compiled for";
  let description = [{
    Written as the module attribute `lw.target` by `--lw-set-target`; what chooses
    or makes code asks it and nothing else. All three are LLVM's names: the target
    triple, the cpu, and a comma-separated list of features that are added to the
    cpu's or taken away.

    Example: `#lw.target<triple = "x86_64-pc-linux-gnu", cpu = "x86-64-v3", features = "">`.
  }];
  let parameters = (ins StringRefParameter<>:$triple, StringRefParameter<>:$cpu,
                        StringRefParameter<>:$features);
  let assemblyFormat = [{
    `<` `triple` `=` $triple `,` `cpu` `=` $cpu `,` `features` `=` $features `>`
  }];
}

#endif // LW_DIALECT_IR_LWATTRIBUTES_TD

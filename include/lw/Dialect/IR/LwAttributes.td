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
    I32EnumAttrCase<"Silu", 7, "silu">
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

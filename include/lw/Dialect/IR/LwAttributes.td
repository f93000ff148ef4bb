//===- LwAttributes.td - Attributes of the lw dialect ------*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWATTRIBUTES_TD
#define LW_DIALECT_IR_LWATTRIBUTES_TD

include "lw/Dialect/IR/LwDialect.td"
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

//===----------------------------------------------------------------------===//
// Strategy: how a layer is computed, as data in the IR
//===----------------------------------------------------------------------===//

def Lw_KernelFamily : I32EnumAttr<"KernelFamily", "Kernel family", [
    I32EnumAttrCase<"Gemm", 0, "gemm">,
    I32EnumAttrCase<"Depthwise", 1, "depthwise">,
    I32EnumAttrCase<"Pool", 2, "pool">,
    I32EnumAttrCase<"Elementwise", 3, "elementwise">,
    I32EnumAttrCase<"Copy", 4, "copy">,
    I32EnumAttrCase<"Alias", 5, "alias">,
    I32EnumAttrCase<"Reference", 6, "reference">,
    I32EnumAttrCase<"Winograd", 7, "winograd">
  ]> {
  let cppNamespace = "::mlir::lw";
  let genSpecializedAttr = 0;
}

def Lw_LoopOrder : I32EnumAttr<"LoopOrder", "Order of the outer loops", [
    I32EnumAttrCase<"Rows", 0, "rows">,
    I32EnumAttrCase<"Panels", 1, "panels">
  ]> {
  let cppNamespace = "::mlir::lw";
  let genSpecializedAttr = 0;
}

def Lw_KernelAttr : AttrDef<Lw_Dialect, "Kernel"> {
  let mnemonic = "kernel";
  let summary = "The kernel strategy chosen for an operation";
  let description = [{
    Written as `lw.kernel` by `--lw-select-kernels`, checked by
    `--lw-verify-kernels`, obeyed by `--lw-emit-kernels`.

    - family: `gemm` (convolutions of any kernel extent and the fully connected
      layer), `depthwise`, `pool`, `elementwise`, `copy`, `alias` (the result is
      the operand's buffer), `reference` (compiled by the reference path),
      `winograd` (3x3 convolutions with fewer multiplications).
    - `tile = [TH, TW, NV]`: output rows and columns of one register tile, and
      vectors of output channels. A gemm tile needs `TH*TW*NV` accumulators,
      `NV` weight registers and one for the broadcast input.
    - `taps`: taps of a filter row whose weights are held in registers, so that a
      broadcast input feeds all outputs that it touches: 1, or the filter's width.
    - `vector`: elements of one vector register.
    - `order`: `rows` runs over the pixels outside and the weight panels inside;
      `panels` the other way round, for layers with few pixels whose weights
      exceed the first-level cache; the next panel is fetched meanwhile.
    - `winograd = [M, R, V, T]`, of that family only: tiles of M x M outputs (2 or
      4), R rows of tiles and V vectors of output channels at a time, by T threads
      side by side. `tile` and `order` are then those of the matrix products, whose
      pixels are the tiles.

    Example: `#lw.kernel<gemm, tile = [1, 14, 2], taps = 1, vector = 16, order = rows>`.
  }];
  let parameters = (ins
    EnumParameter<Lw_KernelFamily>:$family,
    "int64_t":$tileHeight,
    "int64_t":$tileWidth,
    "int64_t":$tileVectors,
    "int64_t":$taps,
    "int64_t":$vector,
    EnumParameter<Lw_LoopOrder>:$order,
    OptionalArrayRefParameter<"int64_t">:$winograd);
  let assemblyFormat = [{
    `<` $family `,` `tile` `=` `[` $tileHeight `,` $tileWidth `,` $tileVectors `]`
        `,` `taps` `=` $taps `,` `vector` `=` $vector `,` `order` `=` $order
        (`,` `winograd` `=` `[` $winograd^ `]`)? `>`
  }];
}

def Lw_LayoutAttr : AttrDef<Lw_Dialect, "Layout"> {
  let mnemonic = "layout";
  let summary = "How an N x H x W x C value lies in memory";
  let description = [{
    The channels are cut into blocks of `block`; the element `(n, h, w, c)` lies at
    `[n][c / block][h + top][w + left][c % block]`. `block = C` is NHWC, `block = 1`
    NCHW. `halo = [top, bottom, left, right]` is a border of zeros that the
    producer writes, so that consumers need not test for padding.

    Example: `#lw.layout<block = 16, halo = [1, 1, 1, 1]>`.
  }];
  let parameters = (ins "int64_t":$block, ArrayRefParameter<"int64_t">:$halo);
  let assemblyFormat = "`<` `block` `=` $block `,` `halo` `=` `[` $halo `]` `>`";
  let genVerifyDecl = 1;
}

def Lw_BufferAttr : AttrDef<Lw_Dialect, "Buffer"> {
  let mnemonic = "buffer";
  let summary = "Place of a value in the arena";
  let description = [{
    Written as `lw.buffer` by `--lw-plan-memory`: the value occupies `bytes` bytes
    from byte `offset` of the one arena.

    Example: `#lw.buffer<offset = 0, bytes = 802816>`.
  }];
  let parameters = (ins "int64_t":$offset, "int64_t":$bytes);
  let assemblyFormat = "`<` `offset` `=` $offset `,` `bytes` `=` $bytes `>`";
}

#endif // LW_DIALECT_IR_LWATTRIBUTES_TD

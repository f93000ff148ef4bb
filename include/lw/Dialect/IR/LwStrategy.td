//===- LwStrategy.td - How a layer is computed, as data ----*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWSTRATEGY_TD
#define LW_DIALECT_IR_LWSTRATEGY_TD

include "lw/Dialect/IR/LwDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/Interfaces.td"

def Lw_KernelAttrInterface : AttrInterface<"KernelAttrInterface"> {
  let cppNamespace = "::mlir::lw";
  let description = [{
    The plan of a kernel: what `lw.kernel` of an operation holds. Written by
    `--lw-select-kernels`, checked by `--lw-verify-kernels`, obeyed by
    `--lw-emit-kernels`. Each kind of kernel has an attribute of its own, and a
    class in lib/Codegen/Kernels that knows what it means.
  }];
}

//===----------------------------------------------------------------------===//
// Kinds of kernels
//===----------------------------------------------------------------------===//

def Lw_LoopOrder : I32EnumAttr<"LoopOrder", "Order of the outer loops", [
    I32EnumAttrCase<"Rows", 0, "rows">,
    I32EnumAttrCase<"Panels", 1, "panels">
  ]> {
  let cppNamespace = "::mlir::lw";
  let genSpecializedAttr = 0;
}

class Lw_KernelAttr<string name, string kind>
    : AttrDef<Lw_Dialect, name, [Lw_KernelAttrInterface]> {
  let mnemonic = kind;
}

def Lw_GemmAttr : Lw_KernelAttr<"Gemm", "gemm"> {
  let summary = "A convolution as a register-tiled matrix product";
  let description = [{
    Convolutions of any kernel extent and grouping, and the fully connected layer.

    - `tile = [TH, TW, NV]`: output rows and columns of one register tile, and
      vectors of output channels: `TH*TW*NV` accumulators, `NV` weight registers
      and one for the broadcast input.
    - `taps`: taps of a filter row whose weights are held in registers, so that a
      broadcast input feeds all outputs that it touches: 1, or the filter's width.
    - `order`: `rows` runs over the pixels outside and the weight panels inside;
      `panels` the other way round, for layers with few pixels whose weights
      exceed the first-level cache; the next panel is fetched meanwhile.

    Example: `#lw.gemm<tile = [1, 14, 2], taps = 1, order = rows>`.
  }];
  let parameters = (ins
    "int64_t":$tileHeight,
    "int64_t":$tileWidth,
    "int64_t":$tileVectors,
    "int64_t":$taps,
    EnumParameter<Lw_LoopOrder>:$order);
  let assemblyFormat = [{
    `<` `tile` `=` `[` $tileHeight `,` $tileWidth `,` $tileVectors `]` `,`
        `taps` `=` $taps `,` `order` `=` $order `>`
  }];
  let genVerifyDecl = 1;
}

def Lw_WinogradAttr : Lw_KernelAttr<"Winograd", "winograd"> {
  let summary = "A 3x3 convolution with fewer multiplications";
  let description = [{
    Winograd's minimal filtering (Lavin and Gray, 2016) of 3x3 convolutions with
    stride 1.

    - `outputs`: tiles of that many rows and columns of outputs, 2 or 4.
    - `rows`, `vectors`: rows of tiles, and vectors of output channels, whose
      transforms exist at a time: divisors of all.
    - `threads`: that work side by side.
    - `tile = [TW, NV]`, `order`: of the matrix products, whose pixels are tiles
      (see #lw.gemm).

    Example: `#lw.winograd<outputs = 4, rows = 7, vectors = 4, threads = 1, tile = [7, 4], order = rows>`.
  }];
  let parameters = (ins
    "int64_t":$outputs,
    "int64_t":$rows,
    "int64_t":$vectors,
    "int64_t":$threads,
    "int64_t":$tileWidth,
    "int64_t":$tileVectors,
    EnumParameter<Lw_LoopOrder>:$order);
  let assemblyFormat = [{
    `<` `outputs` `=` $outputs `,` `rows` `=` $rows `,` `vectors` `=` $vectors `,`
        `threads` `=` $threads `,` `tile` `=` `[` $tileWidth `,` $tileVectors `]` `,`
        `order` `=` $order `>`
  }];
  let genVerifyDecl = 1;
}

def Lw_DepthwiseAttr : Lw_KernelAttr<"Depthwise", "depthwise"> {
  let summary = "A depthwise convolution on blocks of one vector of channels";
  let description = [{
    `tile = [TH, TW]`: output rows and columns whose window is loaded once.

    Example: `#lw.depthwise<tile = [1, 7]>`.
  }];
  let parameters = (ins "int64_t":$tileHeight, "int64_t":$tileWidth);
  let assemblyFormat = "`<` `tile` `=` `[` $tileHeight `,` $tileWidth `]` `>`";
  let genVerifyDecl = 1;
}

def Lw_MatmulAttr : Lw_KernelAttr<"Matmul", "matmul"> {
  let summary = "A register-tiled matrix product of two activations";
  let description = [{
    `tile = [TH, NV]`: rows and vectors of columns of one register tile.

    Example: `#lw.matmul<tile = [6, 2]>`.
  }];
  let parameters = (ins "int64_t":$tileHeight, "int64_t":$tileVectors);
  let assemblyFormat = "`<` `tile` `=` `[` $tileHeight `,` $tileVectors `]` `>`";
  let genVerifyDecl = 1;
}

def Lw_RecurrentAttr : Lw_KernelAttr<"Recurrent", "recurrent"> {
  let summary = "A recurrent layer, step by step";
  let description = [{
    `tile = [TH, NV]`: samples of the batch and vectors of hidden units of one
    register tile of the product with the recurrent weights.

    Example: `#lw.recurrent<tile = [1, 4]>`.
  }];
  let parameters = (ins "int64_t":$tileHeight, "int64_t":$tileVectors);
  let assemblyFormat = "`<` `tile` `=` `[` $tileHeight `,` $tileVectors `]` `>`";
  let genVerifyDecl = 1;
}

def Lw_RowsAttr : Lw_KernelAttr<"Rows", "rows"> {
  let summary = "Reductions, softmax and normalizations, a row at a time";
}

def Lw_GatherAttr : Lw_KernelAttr<"Gather", "gather"> {
  let summary = "Rows of a table that indices choose at run time";
}

def Lw_PoolAttr : Lw_KernelAttr<"Pool", "pool"> {
  let summary = "Maximum or average over windows";
}

def Lw_ElementwiseAttr : Lw_KernelAttr<"Elementwise", "elementwise"> {
  let summary = "Arithmetic of single elements, a vector at a time";
}

def Lw_CopyAttr : Lw_KernelAttr<"Copy", "copy"> {
  let summary = "Elements that are moved and not changed";
}

def Lw_AliasAttr : Lw_KernelAttr<"Alias", "alias"> {
  let summary = "Nothing to do: the result is the operand's buffer";
}

def Lw_ReferenceAttr : Lw_KernelAttr<"Reference", "reference"> {
  let summary = "No kernel: compiled as plain loops by the reference path";
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

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
  let genVerifyDecl = 1;
}

#endif // LW_DIALECT_IR_LWSTRATEGY_TD

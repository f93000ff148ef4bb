//===- Passes.td - Code generation passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_CODEGEN_PASSES_TD
#define LW_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def LwGroupBatch : Pass<"lw-group-batch", "ModuleOp"> {
  let summary = "Compute a batch in groups of images that stay in cache";
  let description = [{
    Where every operation of `@main` computes each image of the batch by itself, cuts the
    network into stages, makes each a network of fewer images and records in `lw.entry`
    how many runs of each are a run of the whole (`stages`). A group is as large as a model
    of the caches finds best: the values of its images stay in the second-level cache from
    layer to layer, and its images share what is read of the weights of fully connected
    layers and of those that stay in that cache. A cut is where groups of different sizes
    before and behind it save more than it costs to write what crosses it for the whole
    batch (`between`) and to read it again: convolutions in small groups, then
    fully connected layers for all images at once. An operation that mixes images, or is
    not known, leaves the batch whole.

    With `threads` the runs of a stage are shared by threads, each with an arena of its own,
    rather than the layers (`parts`), unless it reads more of weights than of images.

    Input:
    ```mlir
    func.func @main(%x: tensor<64x56x56x64xf32>) -> tensor<64x56x56x64xf32> {
      %y = lw.pointwise_conv_2d %x, %w : (tensor<64x56x56x64xf32>, tensor<1x1x64x64xf32>) -> tensor<64x56x56x64xf32>
      %z = lw.pointwise_conv_2d %y, %w : (tensor<64x56x56x64xf32>, tensor<1x1x64x64xf32>) -> tensor<64x56x56x64xf32>
    ```
    Output of `--lw-group-batch=images=1`, for 64 runs:
    ```mlir
    func.func @main(%x: tensor<1x56x56x64xf32>) -> tensor<1x56x56x64xf32> {
    ```
    Output of `--lw-group-batch="images=1,64 cuts=1"`, for 64 runs of the first and one of the
    second:
    ```mlir
    func.func @main_0(%x: tensor<1x56x56x64xf32>) -> tensor<1x56x56x64xf32> {
    func.func @main_1(%x: tensor<64x56x56x64xf32>) -> tensor<64x56x56x64xf32> {
    ```
  }];
  let options = [
    Option<"threads", "threads", "int64_t", "1", "Threads that will share the runs">,
    ListOption<"images", "images", "int64_t",
               "Images of the group of each stage, divisors of the batch (what the model "
               "finds best)">,
    ListOption<"cuts", "cuts", "int64_t",
               "With images: the layers, from 0 on, that begin a further stage">
  ];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
}

def LwSelectKernels : Pass<"lw-select-kernels", "ModuleOp"> {
  let summary = "Choose kernel and memory layout of every layer";
  let description = [{
    Writes `lw.kernel` (#lw.gemm, #lw.winograd, #lw.depthwise, #lw.pool,
    #lw.elementwise, #lw.copy, #lw.alias or #lw.reference) on every operation of
    `@main` and `lw.layout` on every rank-4 result, from the properties of the target processor. Activations lie
    in blocks of one vector of channels, with a halo as wide as their consumers'
    padding; values at the edges and between operations that have no kernel of
    ours are row-major. Where a consumer needs another layout than its operand
    has, a `lw.convert_layout` is inserted.

    A 3x3 convolution of stride 1 becomes a Winograd kernel where the model of the
    processor finds that faster (see #lw.winograd); its results differ from those of
    the direct kernel by rounding, see docs/benchmarks.md.

    With `threads`, `@main` gets `lw.threads = array<i64: threads, least-work>`: waking
    threads and fetching what another core has written takes longer than a small
    layer.

    With `weight-panel`, `@main` gets `lw.weight_panel`: weights of f32 convolutions
    without groups are packed in an order that depends on this number of channels
    alone, not on the processor's vectors, so that code for several processors shares
    them. Tiles are then as wide as whole panels or a part of one. `byte-panel` does
    the same for weights of 8 bits, by `lw.byte_panel`.

    The network should have been through the graph passes: convolutions that are
    not folded and fused are computed correctly but in more steps.
  }];
  let options = [
    Option<"threads", "threads", "int64_t", "1", "Threads that will share a layer">,
    Option<"leastWork", "least-work", "int64_t", "1000000",
           "Multiply-adds (or four times the bytes moved) of a layer from which on they do">,
    Option<"weightPanel", "weight-panel", "int64_t", "0",
           "Channels of a panel of weights that kernels for other processors share (none)">,
    Option<"bytePanel", "byte-panel", "int64_t", "0",
           "The same of weights of 8 bits: 16, or none">,
    Option<"winograd", "winograd", "::mlir::lw::WinogradUse", "::mlir::lw::WinogradUse::Auto",
           "Winograd kernels for 3x3 convolutions",
           [{::llvm::cl::values(
             clEnumValN(::mlir::lw::WinogradUse::Auto, "auto", "where they are faster"),
             clEnumValN(::mlir::lw::WinogradUse::Never, "never", "nowhere"),
             clEnumValN(::mlir::lw::WinogradUse::Always, "always", "wherever possible"))}]>
  ];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
  let statistics = [
    Statistic<"numConversions", "layout-conversions", "Layout conversions inserted">,
    Statistic<"numReference", "reference-ops", "Operations left to the reference path">
  ];
}

def LwFuseElementwise : Pass<"lw-fuse-elementwise", "ModuleOp"> {
  let summary = "Compute chains of element-wise operations in registers";
  let description = [{
    Element-wise operations on floats whose results are read by others of them only,
    and are of one shape, become one `lw.elementwise`: what no convolution has taken
    up (a normalization, GELU written out, a comparison and a selection) is loaded
    and stored once.
  }];
  let statistics = [Statistic<"numFused", "fused", "Chains fused">];
  let dependentDialects = ["::mlir::lw::LwDialect"];
}

def LwStreamStages : Pass<"lw-stream-stages", "ModuleOp"> {
  let summary = "Compute wide stages in strips that stay in cache";
  let description = [{
    A chain of a convolution, a depthwise convolution and a pointwise one, each the
    only user of the one before, is computed strip by strip of output rows when
    the values between would not stay in the second-level cache; so are the first
    two or the last two of them alone. Marks all but the last with `lw.strip = N`,
    the rows of theirs that exist at a time. The last layer's kernel computes all;
    rows that two strips share are kept.
  }];
  let options = [
    Option<"leastBytes", "least-bytes", "int64_t", "-1",
           "Bytes between the layers from which on strips are used (the second-level cache)">
  ];
  let statistics = [Statistic<"numStages", "stages", "Stages computed in strips">];
}

def LwFetchWeights : Pass<"lw-fetch-weights", "ModuleOp"> {
  let summary = "Fetch weights that a layer would wait for while those before it compute";
  let description = [{
    A fully connected layer of one pixel takes as long as its weights take to come
    from memory. Marks matrix kernels before it with
    `lw.fetch = array<i64: first, bytes>`: the part of its packed weights that they
    ask for beside their own multiply-adds, so many of them a byte that it costs
    next to nothing on the processor (none where that has not been measured).
  }];
  let statistics = [Statistic<"numLayers", "layers", "Layers that fetch for another">];
}

def LwVerifyKernels : Pass<"lw-verify-kernels", "ModuleOp"> {
  let summary = "Check kernels, layouts and places before code is emitted";
  let description = [{
    Fails when an operation has a kernel that cannot compute it, when a register
    tile needs more registers than the processor has, when a halo is narrower than
    what reads it needs, or when a block does not suit the kernel. Once values
    have places, also when one lacks its place, when an alias is not where its
    operand is, or when two values that live at the same time overlap.
  }];
}

def LwPlanMemory : Pass<"lw-plan-memory", "ModuleOp"> {
  let summary = "Place every value in one arena";
  let description = [{
    Writes `#lw.buffer` on every operation whose result needs memory. Offsets are
    chosen from the lifetimes of the values, one after another, each at the lowest
    offset where it overlaps no value that lives at the same time; of a few orders
    (the largest value first, ...) the one with the smallest arena. The parts of a
    concatenation along channel blocks are computed in place.

    With `print`, prints the plan: every value's place and lifetime, the arena's
    size and the lower bound, the largest sum of values that live together.

    Fails when the arena is larger than `limit`, and names the values that live
    where the most memory is needed.
  }];
  let options = [
    Option<"print", "print", "bool", "false", "Print the plan to standard error">,
    Option<"limit", "limit", "int64_t", "-1",
           "Fail when the arena is larger, in bytes (no limit)">
  ];
  let dependentDialects = ["::mlir::lw::LwDialect"];
  let statistics = [
    Statistic<"arenaBytes", "arena-bytes", "Size of the arena">,
    Statistic<"lowerBoundBytes", "lower-bound-bytes", "Largest sum of live values">
  ];
}

def LwEmitKernels : Pass<"lw-emit-kernels", "ModuleOp"> {
  let summary = "Emit the chosen kernels as scf, vector and memref operations";
  let description = [{
    Replaces `@main` on tensors by `@main` on memrefs (inputs, outputs, arena) that
    calls one function a layer. Layers of the same shape share a function; weights
    become packed constants. Operations without a kernel are compiled by the
    reference path into functions of their own, one at a time; what they need
    memory for (see --lw-place-allocations) lies behind the plan in the arena.

    With `profile`, `@main` calls the external function
    `lw_profile_mark(i32 layer)` after every layer; layers are numbered in program
    order from 0, and the module attribute `lw.layers` describes them: an array of
    `{label, names, operation, kernel, macs}`, the names those of the layers that
    one call computes. `lw.memory_plan` says where their results lie.
  }];
  let options = [
    Option<"profile", "profile", "bool", "false", "Call lw_profile_mark after every layer">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
    "::mlir::bufferization::BufferizationDialect", "::mlir::cf::ControlFlowDialect"
  ];
}

def LwExpandMath : Pass<"lw-expand-math", "::mlir::func::FuncOp"> {
  let summary = "Expand functions into polynomials";
  let description = [{
    Vectors of exp, log, tanh and erf become polynomials with an error of a few
    units in the last place instead of one library call an element.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def LwParallelize : Pass<"lw-parallelize", "::mlir::func::FuncOp"> {
  let summary = "Run the outer loops of kernels on several threads";
  let description = [{
    Turns the loops that kernel emission marked as independent into `scf.parallel`,
    which upstream's OpenMP lowering takes up.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect"];
}

def LwPrepareIntegers : Pass<"lw-prepare-integers", "::mlir::ModuleOp"> {
  let summary = "Give quantized values the range that the processor multiplies";
  let description = [{
    `u8` with zero point `z` and `s8` with `z - 128` hold the same reals. x86
    multiplies u8 with s8, ARM s8 with s8: the quantized values of `@main` take the
    one or the other, their producers and readers, constants and tables with them.
    Arguments and results keep their bytes; an `lw.requantize` stands at the edge. A
    `tosa.max_pool2d`, whose integers are signed, is marked `lw.unsigned` where its
    bytes are u8 from here on.

    A network's input is quantized after it has been transposed, not before: kernels
    read planes of f32 as they are.
  }];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
}

def LwInlineStackScopes : Pass<"lw-inline-stack-scopes", "::mlir::func::FuncOp"> {
  let summary = "Remove scopes of the stack in which nothing is allocated";
  let description = [{
    Upstream's OpenMP lowering puts a `memref.alloca_scope` around the body of every
    loop. Its canonicalization takes calls of intrinsics for allocations; kernels
    have nothing on the stack.
  }];
}

def LwUseBFloat16 : Pass<"lw-use-bfloat16", "::mlir::ModuleOp"> {
  let summary = "Multiply bfloat16 where the processor is faster at it";
  let description = [{
    Convolutions without groups, and what has become one (fully connected layers), get
    inputs and weights rounded to the nearest bfloat16, half to even; sums, biases and
    activations stay f32. Where every reader of a value takes it so, as input or as
    residual, its maker rounds it; elsewhere a `tosa.cast` does, and what else reads the
    value reads f32.

    The models that kernels are chosen by decide: a layer stays f32 where that is as
    fast, as where Winograd's filtering saves more than the unit gains, or where
    rounding its input by itself takes what it gains. A processor without a unit for
    bfloat16 keeps all layers in f32.

    Input:
    ```mlir
    %y = lw.pointwise_conv_2d %x, %v : (tensor<1x14x14x256xf32>, tensor<1x1x256x256xf32>) -> tensor<1x14x14x256xf32>
    %z = lw.pointwise_conv_2d %y, %w : (tensor<1x14x14x256xf32>, tensor<1x1x256x256xf32>) -> tensor<1x14x14x256xf32>
    ```
    Output:
    ```mlir
    %r = tosa.cast %x : (tensor<1x14x14x256xf32>) -> tensor<1x14x14x256xbf16>
    %y = lw.pointwise_conv_2d %r, %v : (tensor<1x14x14x256xbf16>, tensor<1x1x256x256xbf16>) -> tensor<1x14x14x256xbf16>
    %z = lw.pointwise_conv_2d %y, %w : (tensor<1x14x14x256xbf16>, tensor<1x1x256x256xbf16>) -> tensor<1x14x14x256xf32>
    ```
  }];
  let options = [
    Option<"threads", "threads", "int64_t", "1", "Threads that will share a layer">,
    Option<"all", "all", "bool", "false", "Whatever it gains in time">,
    Option<"remarks", "remarks", "bool", "false", "Say of every layer what became of it">
  ];
  let statistics = [Statistic<"numRounded", "rounded", "Layers that multiply bfloat16">];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
}

#endif // LW_CODEGEN_PASSES_TD

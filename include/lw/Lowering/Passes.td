//===- Passes.td - lw Lowering passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LOWERING_PASSES_TD
#define LW_LOWERING_PASSES_TD

include "mlir/Pass/PassBase.td"

def LwRecordEntry : Pass<"lw-record-entry", "::mlir::ModuleOp"> {
  let summary = "Record the names and shapes of @main's inputs and outputs";
  let description = [{
    Writes the module attribute `lw.entry` from the public function `@main`,
    which bufferization and the lowering to LLVM would otherwise lose:

    ```mlir
    module attributes {lw.entry = {
      inputs = [{name = "input", shape = array<i64: 1, 3, 8, 8>, type = f32} ],
      outputs = [{name = "output", shape = array<i64: 1, 10>, type = f32} ]}} {
      func.func @main(%x: tensor<1x3x8x8xf32> {lw.name = "input"})
          -> (tensor<1x10xf32> {lw.name = "output"}) ...
    ```

    and, where it can be computed, `cost = {macs, parameters, weight_bytes}`, what
    `--lw-print-cost` prints.

    A missing `lw.name` becomes `input0`, `output0` and so on. Fails when there
    is no public `@main` with a body, or when one of its types is no statically
    shaped tensor of floats or integers of a whole number of bytes.
  }];
}

def LwResultsToArguments : Pass<"lw-results-to-arguments", "::mlir::ModuleOp"> {
  let summary = "Turn the results of functions on tensors into memref arguments";
  let description = [{
    Every result, whatever it is (an argument, a constant, the same value as another
    result), is told by `bufferization.materialize_in_destination` to be in an argument
    that is appended for it. Tensor arguments are marked as not writable: a network
    reads its inputs and leaves them as they are. To run before bufferization.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect"];
}

def LwPrepareEntry : Pass<"lw-prepare-entry", "::mlir::ModuleOp"> {
  let summary = "Check the memref form of @main before it is lowered to LLVM";
  let options = [
    Option<"arenaLimit", "arena-limit", "int64_t", "-1",
           "Fail when the arena is larger, in bytes (no limit)">
  ];
  let description = [{
    Expects the form that every lowering of lw ends in: `@main`, or each function of the
    stages that `lw.entry` has, has no results, and its arguments are statically shaped
    memrefs with the identity layout, the inputs and then the outputs of `lw.entry` or
    what the stage says, then at most one `memref<Nxi8>` with the argument attribute
    `lw.arena`. Places what is between stages and the memory of stages in one arena, adds
    its `arena_bytes` to `lw.entry`, says that no two arguments alias, and makes the
    functions private,
    since callers use the function that `--lw-emit-entry-point` adds.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def LwConvertToLLVM : Pass<"lw-convert-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Convert a network in memref form to the LLVM dialect at once";
  let description = [{
    Runs the upstream patterns of vector, math, arith, index, memref, func, cf, ub
    and OpenMP in one conversion, with bare pointers for memref arguments. One
    walk instead of ten: on a large network a quarter of the compile time.
    Expects structured control flow, affine and linalg to be lowered.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def LwEmitEntryPoint : Pass<"lw-emit-entry-point", "::mlir::ModuleOp"> {
  let summary = "Add the C functions of a compiled network";
  let description = [{
    Runs on a module in the LLVM dialect, after `--lw-prepare-entry` and the
    conversion of functions with bare pointers. Adds

    ```c
    int32_t <prefix>_run(const void *const *inputs, void *const *outputs, void *arena);
    int32_t <prefix>_supported(void);
    extern const char <prefix>_info[];
    ```

    which docs/c-interface.md describes. `<prefix>_run` and `<prefix>_supported` are
    code for the architecture's baseline, so that they can refuse to run on a
    processor that lacks what `lw.target` has. `@main` becomes internal.
  }];
  let options = [
    Option<"prefix", "prefix", "std::string", "\"lw\"",
           "Prefix of the exported symbols, a C identifier">,
    Option<"threads", "threads", "int64_t", "1",
           "Threads that the code runs on, for <prefix>_info only">,
    Option<"freestanding", "freestanding", "bool", "false",
           "Ask no operating system what the processor has">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def LwOutlineLoops : Pass<"lw-outline-loops", "::mlir::ModuleOp"> {
  let summary = "Move every outermost loop of a function into one of its own";
  let description = [{
    Several of LLVM's loop passes take time that grows with the square of a
    function's loops; a network in one function would take minutes. Every
    `scf.for` in the entry block of a function becomes a private function that
    is never inlined. Constants, globals and views with layouts (subviews and
    reshapes) are repeated inside; all other values become arguments. Those
    memrefs that overlap no other argument are marked `llvm.noalias`: allocations,
    arguments with that mark, and views of one such buffer at constant, disjoint
    offsets.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def LwShareFunctions : Pass<"lw-share-functions", "::mlir::ModuleOp"> {
  let summary = "One function for all that differ in a few integers";
  let description = [{
    Kernels of layers that differ by how many blocks of channels they read, and
    their outlined loops, are the same code but for the bounds of a loop and the
    strides of an outer one. Private functions that differ in integer constants
    and in the extents of one-dimensional memrefs alone, which bare pointers do
    not carry, become one, which takes these constants as arguments: at most
    `parameters` of them, since more are loaded from the stack again and again,
    and constants of inner loops are part of addresses. Only functions of
    `least-operations` get any; equal ones always become one. LLVM is told not
    to make copies of what is shared.
  }];
  let options = [
    Option<"parameters", "parameters", "int64_t", "4",
           "Most constants that become arguments">,
    Option<"leastOperations", "least-operations", "int64_t", "64",
           "Smaller functions share code only where they are equal">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

def LwExpandCopy : Pass<"lw-expand-copy"> {
  let summary = "Turn strided memref.copy into linalg.generic";
  let description = [{
    A `memref.copy` between two contiguous buffers becomes a `memcpy`; any other
    would become a call into MLIR's runner library, which compiled networks do
    not link. This pass writes the latter as an element-wise `linalg.generic`.

    The copies at the end of a function are those of its results (see
    `--lw-results-to-arguments`), one of which may have been computed in the
    argument of another. They mean one step, in which each source is read as it
    was before the first of them: they are put in such an order, or a source is set
    aside where they go round.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def LwPlaceAllocations : Pass<"lw-place-allocations", "::mlir::ModuleOp"> {
  let summary = "Give allocations places in an arena that the caller hands over";
  let description = [{
    Every `memref.alloc` of static size becomes a view of one more argument of its
    function, a `memref<Nxi8>` with the attribute `lw.arena`. Buffers share memory
    when one is no longer used where the other comes into use, which is told from the
    operations of the function's entry block that use it or a view of it.

    A buffer that a loop carries from one iteration to the next stays an
    allocation, and so does one of dynamic size.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::memref::MemRefDialect"];
}

def LwExpandLibraryMath : Pass<"lw-expand-library-math", "::mlir::func::FuncOp"> {
  let summary = "Expand what would call the C math library";
  let description = [{
    Functions of f32 for which no processor has an instruction (exp, log, tanh, erf,
    sin, ...) become polynomials with an error of a few units in the last place; sin
    and cos lose more for large arguments. For code that is linked without a C library,
    on processors with a fused multiply-add.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def LwLowerSums : Pass<"lw-lower-sums"> {
  let summary = "Lower linalg sums on memrefs to loops with f64 accumulators";
  let description = [{
    A `linalg` operation on memrefs that adds f32 terms onto its result (a
    convolution, a matrix product, a sum, the sum of a pool) becomes loops: those
    of the result outside, those of the reduction inside, carrying a sum in f64
    that is rounded once. One f32 accumulator loses a digit for every hundred-fold
    number of terms. Products of two f32 are exact in f64. All other operations
    are left alone.

    With `lanes` above 1, loops over neighbours in memory are over vectors of up
    to that many elements.
  }];
  let options = [
    Option<"lanes", "lanes", "int64_t", "1", "Most elements of a vector">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def LwLowerMaxPool : Pass<"lw-lower-max-pool"> {
  let summary = "Lower maximum pools that skip NaN to linalg";
  let description = [{
    A `tosa.max_pool2d` with `nan_mode = IGNORE` becomes two `linalg.generic`, over
    the columns of windows and then over their rows, that compute what lw's kernel
    and onnxruntime do: where the maximum so far or the next element is NaN, the
    next element is taken. So a NaN is skipped, with what precedes it in its column
    or row, unless it is the last of its window. Pools that let NaN through are left
    alone.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

#endif // LW_LOWERING_PASSES_TD

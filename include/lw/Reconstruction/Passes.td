//===- Passes.td - lw Reconstruction passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_RECONSTRUCTION_PASSES_TD
#define LW_RECONSTRUCTION_PASSES_TD

include "mlir/Pass/PassBase.td"

def LwReconstruct : Pass<"lw-reconstruct", "::mlir::ModuleOp"> {
  let summary = "Rewrite a network to cheaper forms under one budget, with samples";
  let description = [{
    Rewrites the convolutions of `@main` to depthwise-separable, spatially
    separated or low-rank forms so that the network's outputs change little, using
    samples of its inputs without labels (docs/separable.md). To run after
    `--lw-graph-pipeline`, so that batch norms are folded and biases, residuals and
    activations fused.

    `goal` is one of

    - `macs=2x`: half the multiply-accumulates of the whole network;
    - `time=1.5x`: the time of the convolutions, as measured on this machine with
      the code that lw generates, divided by 1.5; forms that are slower than the
      layer are left alone;
    - `max-error=0.05`: the least MACs for a relative change of the outputs that is
      predicted to be at most 0.05.

    `,skip=LAYER,LAYER` after it keeps the forms of these layers.

    `samples` names an array of f32 in the layout of the network's one input, any
    number of samples in its first extent: `file.npy` or `file.npz:key`. Layers
    for whose fit the samples are too few stay as they are. Values that are not
    finite are an error. A goal out of reach is a warning that says what the
    nearest is.

    The goal `max-drop` of the tools needs labels and is not offered here.

    The plan, with the reason for each choice, goes to standard error.
  }];
  let options = [
    Option<"goal", "goal", "std::string", "\"\"", "macs=2x, time=1.5x or max-error=0.05">,
    Option<"samples", "samples", "std::string", "\"\"", "Samples of the input: file.npy or file.npz:key">,
    Option<"maxSamples", "max-samples", "int64_t", "0", "Take at most so many samples; 0 for all">,
    Option<"measured", "measured", "int64_t", "64",
           "Samples on which the forms of a layer are compared at the network's outputs">,
    Option<"patches", "patches", "int64_t", "98304", "Patches to which a layer is fitted, at least">,
    Option<"report", "report", "std::string", "\"table\"", "How to report the plan: table, json or none">
  ];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
}

#endif // LW_RECONSTRUCTION_PASSES_TD

//===- Passes.td - lw Transforms passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TRANSFORMS_PASSES_TD
#define LW_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def LwClean : Pass<"lw-clean", "::mlir::func::FuncOp"> {
  let summary = "Remove what prediction does not need";
  let description = [{
    - Operations without effect: `tosa.identity`, casts to the same type,
      multiplication by 1, addition of 0, pads by nothing, slices of everything,
      concatenations of one, windows of one element.
    - Dead and duplicate operations and constants.
    - Pairs: reshape of reshape, transpose of transpose, clamp of clamp, channel
      shuffles that undo each other. A transpose that moves no element becomes a
      reshape.
    - Transposes of constants are computed. Other transposes sink through
      element-wise operations, reductions, concatenations, pads and slices, so
      that a network in NCHW keeps them at its edges only.
    - Reshapes sink through element-wise operations and batch norms, so that what
      follows a fully connected layer stands at its convolution.
    - `tosa.pad` with zeros of height and width joins the padding of the
      convolution after it.
    - Convolutions become their most specific variant.

    Every rewrite gives the same numbers, the sign of a zero excepted.
  }];
  let options = [
    Option<"moveTransposes", "move-transposes", "bool", "true",
           "Fold transposes of constants and sink others">,
    Option<"moveReshapes", "move-reshapes", "bool", "true",
           "Sink reshapes through element-wise operations">,
    Option<"absorbPads", "absorb-pads", "bool", "true",
           "Make pads with zeros part of the convolution after them">
  ];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
  let statistics = [
    Statistic<"numRemoved", "removed", "Operations fewer than before">,
    Statistic<"numIdentities", "identities", "Operations without effect">,
    Statistic<"numFoldedTransposes", "folded-transposes", "Transposes of constants">,
    Statistic<"numMoved", "moved", "Transposes and reshapes moved by one operation">,
    Statistic<"numPads", "pads", "Pads that became part of a convolution">
  ];
}

def LwFoldBatchNorm : Pass<"lw-fold-batch-norm", "::mlir::func::FuncOp"> {
  let summary = "Fold batch normalization and per-channel scales into convolutions";
  let description = [{
    A batch norm is the affine function `s * x + t` of each channel, with
    `s = scale / sqrt(variance + epsilon)` and `t = offset - mean * s`. It moves

    1. into the convolution before it, of any variant, when that convolution has
       no other user and neither residual nor activation:
       `w' = w * s` and `b' = b * s + t`;
    2. else it becomes `tosa.mul` and `tosa.add` with constants of one value per
       channel (ones and zeros left out), which move
    3. into the convolution after it: the scale always (`w' = w * s` over input
       channels), the shift only when that convolution does not pad, because
       padding inserts zeros after the shift. The sixth that ends a hard swish
       stays where it is: the layer before takes up the whole function.

    Steps 1 and 3 also take a `tosa.mul`, `tosa.add` or `tosa.sub` with one
    constant per channel that was there from the start. The arithmetic is in f64
    with one rounding at the end. Convolutions whose filter or bias is not
    constant, and batch norms whose parameters are not, are left alone.

    A parameter that is not finite, a negative variance, and a variance whose
    sum with epsilon is zero are errors.
  }];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
  let statistics = [
    Statistic<"numFolded", "folded", "Batch norms folded into the convolution before them">,
    Statistic<"numAffine", "affine", "Batch norms turned into a scale and a shift">,
    Statistic<"numScalesBefore", "scales-into-previous",
              "Scales and shifts folded into the convolution before them">,
    Statistic<"numScalesAfter", "scales-into-next",
              "Scales and shifts folded into the convolution after them">
  ];
}

def LwRaiseRows : Pass<"lw-raise-rows", "::mlir::func::FuncOp"> {
  let summary = "Raise softmax and normalizations that are spelled as arithmetic";
  let description = [{
    Recognizes in `tosa` what exporters write for operations on rows:

    - `(x - mean) / sqrt(variance + epsilon)` and `x / sqrt(mean of x^2 + epsilon)`,
      with any axes, squares as products or powers, and the quotient as a product
      with `tosa.reciprocal`, `tosa.rsqrt` or a power, becomes `lw.normalize`; so does
      `x * s + (bias - mean * s)` with `s = scale / sqrt(variance + epsilon)`;
    - constants that multiply the result, and then are added to it, become its scale
      and bias; a scale of ones and a bias of zeros are dropped;
    - `exp(x - max) / sum`, also without the maximum, and
      `x - max - log(sum of exp(x - max))` along one axis become `lw.softmax`.
  }];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
  let statistics = [
    Statistic<"numNormalizations", "normalizations", "Normalizations raised">,
    Statistic<"numSoftmaxes", "softmaxes", "Softmaxes raised">,
    Statistic<"numParameters", "parameters", "Scales and biases taken up">
  ];
}

def LwGatherOneHot : Pass<"lw-gather-one-hot", "::mlir::func::FuncOp"> {
  let summary = "Turn products of one-hot rows into rows of a table";
  let description = [{
    A pointwise convolution (fully connected layer) with a constant filter whose input
    is one at an index and zero elsewhere, `lw.one_hot` or `tosa.equal` with 0, 1, 2, ...,
    becomes `lw.gather` from the filter, with bias and activation in its rows. An index
    outside of the filter reads a row of the bias alone.
  }];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
  let statistics = [Statistic<"numGathered", "gathered", "Products turned into rows">];
}

def LwFuseEpilogue : Pass<"lw-fuse-epilogue", "::mlir::func::FuncOp"> {
  let summary = "Fuse bias, residual and activation into convolutions";
  let description = [{
    Brings `tosa` operations after a convolution into the form
    `y = act(conv(x, w) + bias + residual)`:

    - an addition or subtraction of one constant per channel joins the bias;
    - an addition of a tensor of the result's type becomes the residual; when
      both addends are convolutions the later one takes the other, and it moves
      to the place of the addition;
    - an activation function becomes the `activation` attribute. Matched are
      `tosa.clamp` (`relu`, `clamp`), `tosa.sigmoid`, `tosa.tanh`,
      `maximum(x, x * a)` (`leaky_relu`), `maximum(x, 0) + a * minimum(x, 0)` with
      one slope for all channels (`leaky_relu`), `clamp(x * a + b, 0, 1)`
      (`hard_sigmoid`), `x * clamp(x / 6 + 0.5, 0, 1)` and
      `x * clamp(x + 3, 0, 6) / 6`, divided at either place (`hard_swish`),
      `x * sigmoid(x)` (`silu`), `x / 2 * (1 + erf(x / sqrt(2)))` (`gelu`) and
      `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))` (`gelu_tanh`), both
      with their factors and terms in any order.

    Nothing is fused into a convolution that already has an activation, or whose
    result is used elsewhere too.
  }];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
  let statistics = [
    Statistic<"numBiases", "biases", "Additions that joined a bias">,
    Statistic<"numResiduals", "residuals", "Additions that became a residual">,
    Statistic<"numActivations", "activations", "Fused activation functions">
  ];
}

def LwFuseQuantization : Pass<"lw-fuse-quantization", "::mlir::func::FuncOp"> {
  let summary = "Make float operations between lw.dequantize and lw.quantize integer";
  let description = [{
    A network whose activations are quantized and dequantized around every float
    operation computes on integers afterwards:

    - a convolution of a dequantized input and a dequantized constant filter
      takes integers, its bias rounded to i32; `lw.quantize` after it, with a
      `relu` or `clamp` between and a dequantized residual, becomes its
      requantization. The filter of one scale per channel is integer from import
      on;
    - `tosa.avg_pool2d` and the mean over height and width become a depthwise
      convolution by ones, with a filter scale of 1 / count; where windows reach
      beyond the image and counts differ, of scale 1 and times 1 / count in f32;
    - `tosa.add`, `tosa.sub` and `tosa.mul` of two dequantized tensors become
      `lw.add` and `lw.mul`, a clamp after them one of bytes;
    - any other function of one dequantized tensor and of constants of one number
      becomes `lw.lookup`. Its operations are computed in f64 and rounded to f32
      one by one;
    - `lw.dequantize` sinks and `lw.quantize` rises through what moves elements
      only: reshapes, transposes, slices, gathers, tiles, concatenations, pads,
      channel shuffles and `tosa.max_pool2d`, which compares signed bytes;
    - where they meet, nothing or `lw.requantize` is left. One that changes the
      range of bytes only (u8, s8) joins the operation before or after it.

    What has no integer form stays float between the two; `--lw-print-quantization`
    lists it. Dequantized constants that are left become floats.
  }];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
  let statistics = [
    Statistic<"numFused", "fused", "Operations that became integer">,
    Statistic<"numMoved", "moved", "Quantizations moved by one operation">
  ];
}

def LwPrintQuantization : Pass<"lw-print-quantization", "::mlir::ModuleOp"> {
  let summary = "Print what of a quantized network computes on integers";
  let description = [{
    Prints, on standard error, how many operations compute on integers and how
    many convert from floats or to them, and a table of those that compute on
    floats, with the reason of each. Run after `--lw-fuse-quantization`.
  }];
}

def LwPrintCost : Pass<"lw-print-cost", "::mlir::ModuleOp"> {
  let summary = "Print MACs, parameters and bytes of every layer";
  let description = [{
    Prints, on standard error, multiply-accumulates, parameters, and weight and
    activation bytes of every layer of every function, and their totals. Layers
    are the convolutions of every variant, `tosa.matmul`, and what else has
    parameters (batch norms, for one). The formulas are in docs/cost-model.md.
    All shapes must be static.
  }];
  let constructor = "::mlir::lw::createLwPrintCost()";
  let options = [
    Option<"format", "format", "std::string", "\"table\"",
           "What to print: table, json or none">,
    Option<"json", "json", "std::string", "\"\"",
           "Write the same as JSON to this file">
  ];
}

def LwMakeSeparable : Pass<"lw-make-separable", "::mlir::func::FuncOp"> {
  let summary = "Rewrite standard convolutions to depthwise-separable form";
  let description = [{
    Replaces `lw.conv_2d` with one group and a kernel of more than one tap by
    `lw.separable_conv_2d` with `T` terms: for every input channel the matrix of
    its weights (taps x output channels) becomes the sum of the first `T` terms of
    its singular value decomposition. The error of a layer is
    `||w - w_T|| / ||w||` in the Frobenius norm, measured on the weights alone.

    - `weight-error=E` takes the smallest `T` whose error is at most `E`;
    - `terms=N` takes `N` terms, or fewer when fewer are exact;
    - both: as `weight-error`, and a layer that needs more than `N` terms stays;
    - neither: only what is exact (an error below 1e-6, the rounding of f32).

    A layer whose MACs would not shrink by the factor `min-gain`, or would not
    shrink at all, stays. Fold batch norms before, so that the error counts what
    the network computes. The decisions on all layers are a table in one remark,
    or a remark for each layer. Weights that are not finite are an error.
  }];
  let constructor = "::mlir::lw::createLwMakeSeparable()";
  let options = [
    Option<"terms", "terms", "int64_t", "0", "At most so many terms; 0 for any number">,
    Option<"weightError", "weight-error", "double", "-1.0",
           "Largest relative error of a layer; negative for none">,
    Option<"minGain", "min-gain", "double", "1.0",
           "Least factor by which a layer's MACs must shrink">,
    ListOption<"layers", "layers", "std::string", "Only these layers, by name">,
    ListOption<"skip", "skip", "std::string", "Not these layers, by name">,
    Option<"report", "report", "std::string", "\"table\"",
           "How to report the decisions: table, remarks or none">,
    Option<"json", "json", "std::string", "\"\"",
           "Write the decisions as JSON to this file">
  ];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
  let statistics = [
    Statistic<"numSeparable", "separable", "Convolutions rewritten">,
    Statistic<"numKept", "kept", "Standard convolutions left as they are">
  ];
}

def LwSplitSeparable : Pass<"lw-split-separable", "::mlir::func::FuncOp"> {
  let summary = "Split separable convolutions into depthwise and pointwise";
  let description = [{
    Replaces `lw.separable_conv_2d` by its definition, `lw.depthwise_conv_2d` and
    `lw.pointwise_conv_2d`. Bias, residual and activation stay with the second.

    With `terms-apart`, each of the T terms of a constant filter becomes a
    depthwise convolution with multiplier 1 of its own and their results are
    concatenated, term by term, for a pointwise filter whose rows are permuted to
    match. This is what kernels want: all terms share one kernel without a
    permutation of lanes, and the concatenation is computed in place.
  }];
  let options = [
    Option<"termsApart", "terms-apart", "bool", "false",
           "One depthwise convolution a term">
  ];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
  let statistics = [Statistic<"numSplit", "split", "Convolutions split">];
}

def LwSplitTowers : Pass<"lw-split-towers", "::mlir::ModuleOp"> {
  let summary = "Cut a recommender into what depends on users, on items and on both";
  let description = [{
    Of the inputs of `@main`, those named by `user` are known of a user and those
    named by `item` of an item. What depends on one group alone becomes a function
    of its own, `@user` and `@item`, whose results (embeddings) can be computed ahead
    and kept; the rest, which takes them, becomes `@score`. `@main` calls the three,
    so that `--inline` gives the whole network again.

    With `part` only that function remains, as `@main`, ready to be compiled:

    ```sh
    lw-opt net.mlir --lw-split-towers="user=user,age item=item part=item" -o item.mlir
    ```

    The results of the towers are called `user_0`, `item_0`, ..., as are the inputs
    of `@score`, those of the user first. An input that `@score` reads itself is one of
    its inputs, too, after them.
  }];
  let options = [
    ListOption<"user", "user", "std::string", "Names of the inputs that describe a user">,
    ListOption<"item", "item", "std::string", "Names of the inputs that describe an item">,
    Option<"part", "part", "std::string", "\"\"",
           "Keep one function only, as @main: user, item or score">
  ];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def LwQuantizeEmbeddings : Pass<"lw-quantize-embeddings", "::mlir::func::FuncOp"> {
  let summary = "Store embedding tables as bytes with a scale for each row";
  let description = [{
    A constant table of f32 whose rows `lw.gather` chooses is replaced by one of
    bytes and one of scales, `q = rint(x / s)` with `s = max |x| / 127` of each row.
    The rows that are chosen are read as bytes and multiplied by their scales:
    tables of a quarter of the size, rows that are off by half of their scale at
    most. Tables that something else reads too, and those with elements that are not
    finite, stay.
  }];
  let options = [
    Option<"leastElements", "least-elements", "int64_t", "4096",
           "Leave smaller tables as they are">
  ];
  let statistics = [Statistic<"numTables", "tables", "Tables that became bytes">];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
}

def LwRoundWeights : Pass<"lw-round-weights", "::mlir::func::FuncOp"> {
  let summary = "Store weights as bfloat16 where reading them takes the time";
  let description = [{
    Constant weights of f32 convolutions and recurrent layers are rounded to the
    nearest bfloat16, half to even, and stay of that type: kernels widen them where
    they read them, and compute in f32. Their results are those of a network of f32
    whose weights were rounded before. Half of the bytes come from memory.

    That pays where a weight is used few times after it has been read, and where
    weights are more than a cache next to the processor holds. By default, weights
    become bfloat16 that

    - take at least `least-bytes` in f32, and
    - are used at most `most-uses` times in a run (the pixels of a layer's result
      and the samples of a batch), or once in every step of a recurrent layer (a
      batch of one), or are those of a 3x3 convolution of stride 1, which are
      transformed once before they are used.

    Depthwise filters have few weights, and stay. So do weights that are not finite
    or would not be. The rule looks at no processor, so that a network computes the
    same on all.
  }];
  let options = [
    Option<"mostUses", "most-uses", "int64_t", "-1",
           "Leave weights that are used more often; negative for what pays, 9">,
    Option<"leastBytes", "least-bytes", "int64_t", "-1",
           "Leave weights of fewer bytes; negative for what pays, 256 KiB">,
    Option<"all", "all", "bool", "false",
           "Round the weights of every layer, for the smallest file">,
    Option<"remarks", "remarks", "bool", "false",
           "Say of every layer how its weights are stored, and why">
  ];
  let statistics = [Statistic<"numRounded", "rounded", "Weights that became bfloat16">];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
}

#endif // LW_TRANSFORMS_PASSES_TD

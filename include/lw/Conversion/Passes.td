//===- Passes.td - lw Conversion passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_CONVERSION_PASSES_TD
#define LW_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertLinalgToLw : Pass<"convert-linalg-to-lw"> {
  let summary = "Raise named linalg convolutions and batch norm arithmetic to lw";
  let description = [{
    Raises `conv_2d_nhwc_hwcf`, `conv_2d_nhwc_fhwc`, `conv_2d_nchw_fchw`,
    `depthwise_conv_2d_nhwc_hwc`, `depthwise_conv_2d_nhwc_hwcm`,
    `depthwise_conv_2d_nchw_chw`, `conv_2d_nhwgc_gfhwc`, `conv_2d_ngchw_gfchw`
    and `conv_2d_ngchw_fgchw` on tensors of one float type with known image
    extents. Constant filters take lw's layout at once; channels-first
    activations go through `linalg.transpose`. What a convolution accumulates
    onto becomes nothing (zeros), its bias (a vector repeated over batch and
    image) or its residual (any other tensor). A `tensor.pad` of the image with
    zeros that has no other user becomes part of `padding`.

    Element-wise additions, subtractions, multiplications and divisions by
    constants, scalar or one per channel, that follow a convolution with no
    other user become one `lw.batch_norm`, whatever their number and order, so
    that `--lw-fold-batch-norm` can fold them. A relu that follows becomes
    `tosa.clamp`, where NaN goes through it. Scalars may be defined inside the bodies
    or before them, in any float type.

    Quantized (`_q`) forms and convolutions that do not use all window positions
    of their input are left alone.
  }];
  let dependentDialects = [
    "::mlir::linalg::LinalgDialect", "::mlir::lw::LwDialect",
    "::mlir::tensor::TensorDialect", "::mlir::tosa::TosaDialect"
  ];
}

def ConvertLinalgToTosa : Pass<"convert-linalg-to-tosa", "::mlir::func::FuncOp"> {
  let summary = "Raise linalg and tensor operations to tosa";
  let description = [{
    Raises what `--convert-linalg-to-lw` leaves, so that the passes and kernels
    that know tosa apply to networks that come as linalg:

    - operations whose loops are all parallel, named or generic, with any
      permutation and broadcast of their operands: every scalar operation of the
      body becomes one on tensors. Scalars may be captured, in any float type; a
      body's `1 / (1 + exp(-x))` is `tosa.sigmoid`, a comparison with a number and
      a select is `tosa.clamp` (which lets NaN through);
    - sums, products, maxima and minima along loops, and the index of a maximum;
    - products of matrices, in every order of their dimensions, on to zeros, a
      constant or a tensor;
    - `pooling_{nchw,nhwc,ncw,nwc}_{max,sum}`; a pad with the least number becomes
      the pool's;
    - `tensor.extract` in a body, as `tosa.gather`;
    - what depends on constants and `linalg.index` alone is computed;
    - `tensor.pad`, `collapse_shape`, `expand_shape`, `extract_slice`,
      `insert_slice`, `concat`, `splat` and `linalg.fill`.

    All extents must be known. What is not raised stays as it is; `remarks` says
    why.
  }];
  let options = [
    Option<"remarks", "remarks", "bool", "false",
           "Say of every operation that stays why it does">
  ];
  let statistics = [
    Statistic<"numRaised", "raised", "Number of operations raised">
  ];
  let dependentDialects = [
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect",
    "::mlir::tosa::TosaDialect"
  ];
}

def ConvertTosaToLw : Pass<"convert-tosa-to-lw"> {
  let summary = "Raise TOSA convolutions to lw";
  let description = [{
    `tosa.conv2d` and `tosa.depthwise_conv2d` of one float type with zero zero
    points become `lw.conv_2d` (`lw.pointwise_conv_2d` when the window is 1x1)
    and `lw.depthwise_conv_2d` with a bias. Constant filters take lw's layout at
    once, others go through `tosa.transpose`. Those of i8 with constant weights and
    zero points become the same with the accumulators, i32, as their result; what
    rescales these stays `tosa.rescale`. A `tosa.table`, `tosa.clamp` or
    `tosa.rescale` from i8 to i8 becomes `lw.lookup`, `tosa.scatter` `lw.scatter_nd`.

    Sums, differences and products with constants, one or one for each channel,
    that follow a convolution (or the transpose of one to channels first) with no
    other user become one `lw.batch_norm`. A `tosa.matmul` of one matrix with a
    constant becomes `lw.pointwise_conv_2d`, of f32 or of i8. Float arithmetic on constants alone is
    computed. What is computed in f64 between casts from and to f32, as exporters do
    for a variance, is computed in f32. Everything else is left alone.
  }];
  let dependentDialects = ["::mlir::lw::LwDialect", "::mlir::tosa::TosaDialect"];
}

def ConvertLwToLinalg : Pass<"convert-lw-to-linalg"> {
  let summary = "Lower every lw operation to linalg";
  let description = [{
    The slow and obvious lowering, to which faster ones are compared. Windows
    become named linalg convolutions on an explicitly padded input
    (`conv_2d_nhwc_hwcf`, `conv_2d_nhwgc_gfhwc`, `depthwise_conv_2d_nhwc_hwc`,
    `depthwise_conv_2d_nhwc_hwcm`) that accumulate onto the broadcast bias;
    residual and activation become one `linalg.generic`. Elements narrower than
    f32 are accumulated in f32. Batch, height and width may be dynamic, channels
    and filters must be static.

    What lw's passes write in tosa beside their own operations (element-wise
    arithmetic of floats, reshapes, transposes, pads, slices, concatenations) is
    lowered with them, wherever it came from, and `tosa.const` operands become
    `arith.constant`: what was linalg before `--convert-linalg-to-lw` is linalg again.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def ConvertLwToTosa : Pass<"convert-lw-to-tosa", "::mlir::func::FuncOp"> {
  let summary = "Lower every lw operation to tosa";
  let description = [{
    Gives a network that lw has rewritten (batch norms folded, convolutions made
    separable) to those who read tosa. Convolutions of floats become
    `tosa.conv2d` and `tosa.depthwise_conv2d` with less padding or less input
    where tosa demands that the windows use all of it, one for each group, and
    then the residual's sum and the activation's arithmetic; a `lw.batch_norm` of
    constants a product and a sum, a `lw.channel_shuffle` a transpose. What else
    there is goes through `--convert-lw-to-linalg` and
    `--convert-linalg-to-tosa`. All extents must be known.

    A warning names every operation that tosa has no form for: it stays. Among
    those are quantized convolutions, whose requantization tosa does not have.
  }];
  let dependentDialects = ["::mlir::tosa::TosaDialect"];
}

#endif // LW_CONVERSION_PASSES_TD

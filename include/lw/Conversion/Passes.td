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

def ConvertTosaToLw : Pass<"convert-tosa-to-lw"> {
  let summary = "Raise TOSA convolutions to lw";
  let description = [{
    `tosa.conv2d` and `tosa.depthwise_conv2d` of one float type with zero zero
    points become `lw.conv_2d` (`lw.pointwise_conv_2d` when the window is 1x1)
    and `lw.depthwise_conv_2d` with a bias. Constant filters take lw's layout at
    once, others go through `tosa.transpose`. Everything else is left alone.
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

#endif // LW_CONVERSION_PASSES_TD

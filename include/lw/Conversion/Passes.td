//===- Passes.td - lw Conversion passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_CONVERSION_PASSES_TD
#define LW_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

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
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

#endif // LW_CONVERSION_PASSES_TD

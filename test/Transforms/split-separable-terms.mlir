// RUN: lw-opt %s --lw-split-separable=terms-apart=true | FileCheck %s

// Two terms of two channels: the first depthwise filter has the even elements, and
// rows 0 and 2 of the pointwise filter come first.
// CHECK-LABEL: func @two_terms
func.func @two_terms(%x: tensor<1x4x4x2xf32>) -> tensor<1x4x4x1xf32> {
  %dw = "tosa.const"() {values = dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>} : () -> tensor<1x1x2x2xf32>
  %pw = "tosa.const"() {values = dense<[[[[10.0], [20.0], [30.0], [40.0]]]]> : tensor<1x1x4x1xf32>} : () -> tensor<1x1x4x1xf32>
  // CHECK: dense<{{\[\[\[\[}}1.000000e+00], [3.000000e+00{{\]\]\]\]}}>
  // CHECK: %[[A:.*]] = lw.depthwise_conv_2d %arg0
  // CHECK: dense<{{\[\[\[\[}}2.000000e+00], [4.000000e+00{{\]\]\]\]}}>
  // CHECK: %[[B:.*]] = lw.depthwise_conv_2d %arg0
  // CHECK: %[[C:.*]] = tosa.concat %[[A]], %[[B]] {axis = 3 : i32}
  // CHECK: dense<{{\[\[\[\[}}1.000000e+01], [3.000000e+01], [2.000000e+01], [4.000000e+01{{\]\]\]\]}}>
  // CHECK: lw.pointwise_conv_2d %[[C]]
  // CHECK-SAME: #lw.act<relu>
  %y = lw.separable_conv_2d %x, %dw, %pw {activation = #lw.act<relu>} : (tensor<1x4x4x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x4x1xf32>) -> tensor<1x4x4x1xf32>
  return %y : tensor<1x4x4x1xf32>
}

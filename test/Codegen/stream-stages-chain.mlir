// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-stream-stages="least-bytes=0" | FileCheck %s

// The first pointwise layer expands a whole stage, and so cannot end one with the depthwise layer
// before it.
// CHECK-LABEL: func @main
func.func @main(%x: tensor<1x16x16x16xf32>) -> tensor<1x16x16x8xf32> {
  %d = "tosa.const"() {values = dense<0.5> : tensor<3x3x16x1xf32>} : () -> tensor<3x3x16x1xf32>
  %b = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x16xf32>} : () -> tensor<1x1x16x16xf32>
  %c = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x8xf32>} : () -> tensor<1x1x16x8xf32>
  // CHECK: lw.depthwise_conv_2d
  // CHECK-NOT: lw.strip
  // CHECK: lw.pointwise_conv_2d
  // CHECK-SAME: lw.strip = 10
  // CHECK-NEXT: lw.depthwise_conv_2d
  // CHECK-SAME: lw.strip = 8
  // CHECK-NEXT: lw.pointwise_conv_2d
  // CHECK-NOT: lw.strip
  %1 = lw.depthwise_conv_2d %x, %d {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x16x16x16xf32>, tensor<3x3x16x1xf32>) -> tensor<1x16x16x16xf32>
  %2 = lw.pointwise_conv_2d %1, %b : (tensor<1x16x16x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x16x16x16xf32>
  %3 = lw.depthwise_conv_2d %2, %d {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x16x16x16xf32>, tensor<3x3x16x1xf32>) -> tensor<1x16x16x16xf32>
  %4 = lw.pointwise_conv_2d %3, %c : (tensor<1x16x16x16xf32>, tensor<1x1x16x8xf32>) -> tensor<1x16x16x8xf32>
  return %4 : tensor<1x16x16x8xf32>
}

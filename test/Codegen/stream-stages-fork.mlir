// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-stream-stages="least-bytes=0" | FileCheck %s

// Two layers read the depthwise one, as before a squeeze: the stage ends with it. Strips of
// eight rows at stride 2 and a 3x3 window need seventeen expanded rows.
// CHECK-LABEL: func @main
func.func @main(%x: tensor<1x32x16x8xf32>) -> tensor<1x16x8x16xf32> {
  %a = "tosa.const"() {values = dense<0.5> : tensor<1x1x8x16xf32>} : () -> tensor<1x1x8x16xf32>
  %d = "tosa.const"() {values = dense<0.5> : tensor<3x3x16x1xf32>} : () -> tensor<3x3x16x1xf32>
  // CHECK: lw.pointwise_conv_2d
  // CHECK-SAME: lw.strip = 17
  %0 = lw.pointwise_conv_2d %x, %a : (tensor<1x32x16x8xf32>, tensor<1x1x8x16xf32>) -> tensor<1x32x16x16xf32>
  // CHECK-NEXT: lw.depthwise_conv_2d
  // CHECK-NOT: lw.strip
  %1 = lw.depthwise_conv_2d %0, %d {padding = array<i64: 1, 0, 1, 0>, strides = array<i64: 2, 2>} : (tensor<1x32x16x16xf32>, tensor<3x3x16x1xf32>) -> tensor<1x16x8x16xf32>
  %2 = tosa.abs %1 : (tensor<1x16x8x16xf32>) -> tensor<1x16x8x16xf32>
  %3 = tosa.add %1, %2 : (tensor<1x16x8x16xf32>, tensor<1x16x8x16xf32>) -> tensor<1x16x8x16xf32>
  return %3 : tensor<1x16x8x16xf32>
}

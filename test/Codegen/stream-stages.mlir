// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-stream-stages="least-bytes=0" --lw-plan-memory | FileCheck %s --check-prefixes=CHECK,STRIPS
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-stream-stages | FileCheck %s --check-prefix=WHOLE

// Sixteen rows are computed in two strips of eight. Stride 1 and a 3x3 window need ten
// expanded rows a strip: 16 channels x 10 rows x (16 + 2) columns x 4 bytes. What
// ends the first stage begins no second one, whose other two layers are a stage of
// their own. Small stages are left whole.
// WHOLE-NOT: lw.strip
// CHECK-LABEL: func @main
func.func @main(%x: tensor<1x16x16x8xf32>) -> tensor<1x16x16x8xf32> {
  %a = "tosa.const"() {values = dense<0.5> : tensor<1x1x8x16xf32>} : () -> tensor<1x1x8x16xf32>
  %d = "tosa.const"() {values = dense<0.5> : tensor<3x3x16x1xf32>} : () -> tensor<3x3x16x1xf32>
  %b = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x16xf32>} : () -> tensor<1x1x16x16xf32>
  %c = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x8xf32>} : () -> tensor<1x1x16x8xf32>
  // CHECK: lw.pointwise_conv_2d
  // STRIPS-SAME: bytes = 11520
  // STRIPS-SAME: lw.strip = 10
  %0 = lw.pointwise_conv_2d %x, %a : (tensor<1x16x16x8xf32>, tensor<1x1x8x16xf32>) -> tensor<1x16x16x16xf32>
  // CHECK: lw.depthwise_conv_2d
  // STRIPS-SAME: bytes = 8192
  // STRIPS-SAME: lw.strip = 8
  %1 = lw.depthwise_conv_2d %0, %d {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x16x16x16xf32>, tensor<3x3x16x1xf32>) -> tensor<1x16x16x16xf32>
  // STRIPS-NEXT: lw.pointwise_conv_2d
  // STRIPS-NOT: lw.strip
  %2 = lw.pointwise_conv_2d %1, %b : (tensor<1x16x16x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x16x16x16xf32>
  // STRIPS: lw.depthwise_conv_2d
  // STRIPS-SAME: lw.strip = 8
  %3 = lw.depthwise_conv_2d %2, %d {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x16x16x16xf32>, tensor<3x3x16x1xf32>) -> tensor<1x16x16x16xf32>
  // STRIPS-NEXT: lw.pointwise_conv_2d
  // STRIPS-NOT: lw.strip
  %4 = lw.pointwise_conv_2d %3, %c : (tensor<1x16x16x16xf32>, tensor<1x1x16x8xf32>) -> tensor<1x16x16x8xf32>
  return %4 : tensor<1x16x16x8xf32>
}

// RUN: lw-opt %s --lw-set-target=cpu=znver4 --lw-use-bfloat16 | FileCheck %s
// RUN: lw-opt %s --lw-set-target=cpu=znver4 --lw-use-bfloat16 | lw-opt --lw-kernel-loops-pipeline -o /dev/null
// RUN: lw-opt %s --lw-set-target=cpu=znver4 --lw-use-bfloat16=remarks 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-use-bfloat16 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: remark: x86-64-v4 has no unit for bfloat16
// NONE-NOT: bf16

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x14x14x256xf32>
func.func @main(%x: tensor<1x14x14x256xf32>, %o: tensor<1x14x14x255xf32>)
    -> (tensor<1x14x14x256xf32>, tensor<1x14x14x256xf32>) {
  // CHECK: %[[R:.*]] = tosa.cast %[[X]] : (tensor<1x14x14x256xf32>) -> tensor<1x14x14x256xbf16>
  %w = "tosa.const"() {values = dense<0.3> : tensor<1x1x256x256xf32>} : () -> tensor<1x1x256x256xf32>
  // 0.3 to the nearest of 8 bits.
  // CHECK: "tosa.const"() <{values = dense<3.0078{{[0-9e+-]+}}> : tensor<1x1x256x256xbf16>}>
  %b = "tosa.const"() {values = dense<0.3> : tensor<256xf32>} : () -> tensor<256xf32>
  %d = "tosa.const"() {values = dense<0.3> : tensor<3x3x256x1xf32>} : () -> tensor<3x3x256x1xf32>

  // What is read as input and as residual is rounded where it is made.
  // CHECK: %[[A:.*]] = lw.pointwise_conv_2d %[[R]], %{{.*}} bias %{{.*}} : (tensor<1x14x14x256xbf16>, tensor<1x1x256x256xbf16>, tensor<256xf32>) -> tensor<1x14x14x256xbf16>
  %a = lw.pointwise_conv_2d %x, %w bias %b : (tensor<1x14x14x256xf32>, tensor<1x1x256x256xf32>, tensor<256xf32>) -> tensor<1x14x14x256xf32>
  // A depthwise layer reads f32.
  // CHECK: %[[B:.*]] = lw.pointwise_conv_2d %[[A]], %{{.*}} -> tensor<1x14x14x256xf32>
  %c = lw.pointwise_conv_2d %a, %w : (tensor<1x14x14x256xf32>, tensor<1x1x256x256xf32>) -> tensor<1x14x14x256xf32>
  // CHECK: %[[D:.*]] = lw.depthwise_conv_2d %[[B]], {{.*}}tensor<3x3x256x1xf32>) -> tensor<1x14x14x256xbf16>
  %e = lw.depthwise_conv_2d %c, %d {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x14x14x256xf32>, tensor<3x3x256x1xf32>) -> tensor<1x14x14x256xf32>
  // CHECK: lw.pointwise_conv_2d %[[D]], %{{.*}} residual %[[A]] : ({{.*}}, tensor<1x14x14x256xbf16>) -> tensor<1x14x14x256xf32>
  %f = lw.pointwise_conv_2d %e, %w residual %a : (tensor<1x14x14x256xf32>, tensor<1x1x256x256xf32>, tensor<1x14x14x256xf32>) -> tensor<1x14x14x256xf32>

  // Pairs of inputs end within a pixel.
  // CHECK: lw.pointwise_conv_2d {{.*}} : (tensor<1x14x14x255xf32>, tensor<1x1x255x256xf32>)
  // REMARK: remark: lw.depthwise_conv_2d: f32: a depthwise one moves more than it multiplies
  // REMARK: remark: lw.pointwise_conv_2d: bfloat16: it is predicted to be faster
  // REMARK: remark: lw.pointwise_conv_2d: f32: its groups or its number of input channels
  %u = "tosa.const"() {values = dense<0.3> : tensor<1x1x255x256xf32>} : () -> tensor<1x1x255x256xf32>
  %h = lw.pointwise_conv_2d %o, %u : (tensor<1x14x14x255xf32>, tensor<1x1x255x256xf32>) -> tensor<1x14x14x256xf32>
  return %f, %h : tensor<1x14x14x256xf32>, tensor<1x14x14x256xf32>
}

// RUN: lw-opt %s --lw-round-weights="least-bytes=16 most-uses=4" --split-input-file | FileCheck %s
// RUN: lw-opt %s --lw-round-weights="least-bytes=16 most-uses=4 remarks" --split-input-file -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: lw-opt %s --lw-round-weights="all" --split-input-file | FileCheck %s --check-prefix=ALL
// RUN: lw-opt %s --lw-round-weights --split-input-file | FileCheck %s --check-prefix=DEFAULT
// DEFAULT-NOT: bf16

// Between two bfloat16 to the even one: 1 + 1/256 to 1, 1 + 3/256 to 1 + 4/256;
// a little more or less to the nearest. Subnormal numbers and zeros of both
// signs are there too.
// CHECK-LABEL: @half_to_even
// CHECK: dense<{{\[\[\[\[}}1.000000e+00, 1.015630e+00, 1.007810e+00, 1.000000e+00], [-1.000000e+00, -1.015630e+00, -1.007810e+00, -0.000000e+00]]]]> : tensor<1x1x2x4xbf16>
// CHECK: lw.pointwise_conv_2d {{.*}} : (tensor<1x2x2x2xf32>, tensor<1x1x2x4xbf16>) -> tensor<1x2x2x4xf32>
// REMARK: remark: lw.pointwise_conv_2d: 32 bytes of weights become bfloat16: reading them takes the time
func.func @half_to_even(%x: tensor<1x2x2x2xf32>) -> tensor<1x2x2x4xf32> {
  %w = "tosa.const"() {values = dense<[[[[1.00390625, 1.01171875, 1.003906369, 1.003906131], [-1.00390625, -1.01171875, -1.003906369, -0.0]]]]> : tensor<1x1x2x4xf32>} : () -> tensor<1x1x2x4xf32>
  %y = lw.pointwise_conv_2d %x, %w : (tensor<1x2x2x2xf32>, tensor<1x1x2x4xf32>) -> tensor<1x2x2x4xf32>
  return %y : tensor<1x2x2x4xf32>
}

// -----

// Few bytes, many uses, no finite bfloat16, a network of bfloat16, weights that
// are computed, depthwise filters.
// CHECK-LABEL: @kept
// CHECK-NOT: tensor<1x1x{{[0-9]x[0-9]}}xbf16>
// CHECK: return
// REMARK: 12 bytes of weights stay f32: they stay in a near cache
// REMARK: 16 bytes of weights stay f32: each is used 9 times after it is read
// REMARK: 16 bytes of weights stay f32: they are not finite in bfloat16
// ALL-LABEL: @kept
// ALL: lw.pointwise_conv_2d {{.*}}tensor<1x1x1x3xbf16>
// ALL: lw.pointwise_conv_2d {{.*}}tensor<1x1x1x4xbf16>
// ALL: lw.pointwise_conv_2d {{.*}}tensor<1x1x1x4xf32>)
// ALL: lw.depthwise_conv_2d {{.*}}tensor<2x2x1x4xf32>)
func.func @kept(%x: tensor<1x1x1x1xf32>, %z: tensor<1x3x3x1xf32>, %v: tensor<1x1x1x4xf32>)
    -> (tensor<1x1x1x3xf32>, tensor<1x3x3x4xf32>, tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>, tensor<1x2x2x4xf32>) {
  %small = "tosa.const"() {values = dense<[[[[1.0, 2.0, 3.0]]]]> : tensor<1x1x1x3xf32>} : () -> tensor<1x1x1x3xf32>
  %w = "tosa.const"() {values = dense<[[[[1.0, 2.0, 3.0, 4.0]]]]> : tensor<1x1x1x4xf32>} : () -> tensor<1x1x1x4xf32>
  %large = "tosa.const"() {values = dense<[[[[1.0, 2.0, 3.0, 3.4e38]]]]> : tensor<1x1x1x4xf32>} : () -> tensor<1x1x1x4xf32>
  %d = "tosa.const"() {values = dense<1.0> : tensor<2x2x1x4xf32>} : () -> tensor<2x2x1x4xf32>
  %0 = lw.pointwise_conv_2d %x, %small : (tensor<1x1x1x1xf32>, tensor<1x1x1x3xf32>) -> tensor<1x1x1x3xf32>
  %1 = lw.pointwise_conv_2d %z, %w : (tensor<1x3x3x1xf32>, tensor<1x1x1x4xf32>) -> tensor<1x3x3x4xf32>
  %2 = lw.pointwise_conv_2d %x, %large : (tensor<1x1x1x1xf32>, tensor<1x1x1x4xf32>) -> tensor<1x1x1x4xf32>
  %3 = lw.pointwise_conv_2d %x, %v : (tensor<1x1x1x1xf32>, tensor<1x1x1x4xf32>) -> tensor<1x1x1x4xf32>
  %4 = lw.depthwise_conv_2d %z, %d : (tensor<1x3x3x1xf32>, tensor<2x2x1x4xf32>) -> tensor<1x2x2x4xf32>
  return %0, %1, %2, %3, %4 : tensor<1x1x1x3xf32>, tensor<1x3x3x4xf32>, tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>, tensor<1x2x2x4xf32>
}

// -----

// Weights that two layers share are one constant afterwards, the pointwise part
// of separable form has most of them, filters that are transformed first are
// read once, and those of recurrent layers every step, here for one sample.
// CHECK-LABEL: @kinds
// CHECK-DAG: %[[W:.*]] = "tosa.const"() <{values = dense<5.000000e-01> : tensor<1x1x4x4xbf16>}>
// CHECK-DAG: %[[T:.*]] = "tosa.const"() <{values = dense<5.000000e-01> : tensor<3x3x4x4xbf16>}>
// CHECK-DAG: %[[R:.*]] = "tosa.const"() <{values = dense<5.000000e-01> : tensor<1x4x4xbf16>}>
// CHECK: lw.separable_conv_2d %{{.*}}, %{{.*}}, %[[W]] {{.*}}tensor<2x2x4x1xf32>, tensor<1x1x4x4xbf16>)
// CHECK: lw.pointwise_conv_2d %{{.*}}, %[[W]]
// CHECK: lw.conv_2d %{{.*}}, %[[T]]
// CHECK: lw.recurrent rnn forward %{{.*}}, %[[R]]
func.func @kinds(%x: tensor<1x2x2x4xf32>, %big: tensor<1x9x9x4xf32>, %s: tensor<9x1x4xf32>)
    -> (tensor<1x1x1x4xf32>, tensor<1x2x2x4xf32>, tensor<1x7x7x4xf32>, tensor<9x1x1x4xf32>) {
  %d = "tosa.const"() {values = dense<0.5> : tensor<2x2x4x1xf32>} : () -> tensor<2x2x4x1xf32>
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x4x4xf32>} : () -> tensor<1x1x4x4xf32>
  %t = "tosa.const"() {values = dense<0.5> : tensor<3x3x4x4xf32>} : () -> tensor<3x3x4x4xf32>
  %r = "tosa.const"() {values = dense<0.5> : tensor<1x4x4xf32>} : () -> tensor<1x4x4xf32>
  %0 = lw.separable_conv_2d %x, %d, %w : (tensor<1x2x2x4xf32>, tensor<2x2x4x1xf32>, tensor<1x1x4x4xf32>) -> tensor<1x1x1x4xf32>
  %1 = lw.pointwise_conv_2d %x, %w : (tensor<1x2x2x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x2x2x4xf32>
  %2 = lw.conv_2d %big, %t : (tensor<1x9x9x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x7x7x4xf32>
  %3 = lw.recurrent rnn forward %s, %r {activations = ["tanh"], alphas = array<f32: 0.0>, betas = array<f32: 0.0>}
       : (tensor<9x1x4xf32>, tensor<1x4x4xf32>) -> tensor<9x1x1x4xf32>
  return %0, %1, %2, %3 : tensor<1x1x1x4xf32>, tensor<1x2x2x4xf32>, tensor<1x7x7x4xf32>, tensor<9x1x1x4xf32>
}

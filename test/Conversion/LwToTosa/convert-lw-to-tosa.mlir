// RUN: lw-opt %s --split-input-file --convert-lw-to-tosa | FileCheck %s

// tosa wants windows that use all of their input: less padding, then less input.

// CHECK-LABEL: func.func @convolution
// CHECK: tosa.conv2d %arg0, {{.*}} pad = array<i64: 1, 0, 1, 0>, stride = array<i64: 2, 2>{{.*}} -> tensor<1x4x4x16xf32>
// CHECK: tosa.add %{{.*}}, %arg2
// CHECK: tosa.clamp %{{.*}} {max_val = 3.40282347E+38 : f32, min_val = 0.000000e+00 : f32}
// CHECK-NOT: lw.
func.func @convolution(%x: tensor<1x8x8x3xf32>, %b: tensor<16xf32>, %r: tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32> {
  %w = arith.constant dense<0.5> : tensor<3x3x3x16xf32>
  %y = lw.conv_2d %x, %w bias %b residual %r {activation = #lw.act<relu>, padding = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
      : (tensor<1x8x8x3xf32>, tensor<3x3x3x16xf32>, tensor<16xf32>, tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32>
  return %y : tensor<1x4x4x16xf32>
}

// -----

// A rewritten convolution: depthwise with a multiplier, then pointwise.

// CHECK-LABEL: func.func @separable
// CHECK: tosa.depthwise_conv2d %arg0, {{.*}} -> tensor<1x8x8x6xf32>
// CHECK: tosa.conv2d {{.*}} -> tensor<1x8x8x16xf32>
// CHECK-NOT: lw.
func.func @separable(%x: tensor<1x8x8x3xf32>) -> tensor<1x8x8x16xf32> {
  %d = arith.constant dense<0.5> : tensor<3x3x3x2xf32>
  %p = arith.constant dense<0.25> : tensor<1x1x6x16xf32>
  %y = lw.separable_conv_2d %x, %d, %p {padding = array<i64: 1, 1, 1, 1>}
      : (tensor<1x8x8x3xf32>, tensor<3x3x3x2xf32>, tensor<1x1x6x16xf32>) -> tensor<1x8x8x16xf32>
  return %y : tensor<1x8x8x16xf32>
}

// -----

// One convolution for each group.

// CHECK-LABEL: func.func @groups
// CHECK-COUNT-2: tosa.conv2d {{.*}} -> tensor<1x8x8x8xf32>
// CHECK: tosa.concat {{.*}} {axis = 3 : i32}
// CHECK-NOT: lw.
func.func @groups(%x: tensor<1x8x8x4xf32>) -> tensor<1x8x8x16xf32> {
  %w = arith.constant dense<0.5> : tensor<1x1x2x16xf32>
  %y = lw.conv_2d %x, %w {groups = 2 : i64} : (tensor<1x8x8x4xf32>, tensor<1x1x2x16xf32>) -> tensor<1x8x8x16xf32>
  return %y : tensor<1x8x8x16xf32>
}

// -----

// CHECK-LABEL: func.func @others
// CHECK: tosa.mul
// CHECK: tosa.add
// CHECK: tosa.transpose %{{.*}} {perms = array<i32: 0, 1, 2, 4, 3>}
// CHECK: tosa.reduce_max
// CHECK: tosa.exp
// CHECK: tosa.reduce_sum
// CHECK-NOT: {{lw|linalg}}.
func.func @others(%x: tensor<1x2x2x4xf32>) -> tensor<1x2x2x4xf32> {
  %s = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %b = lw.batch_norm %x, %s, %s, %s, %s {epsilon = 1.0e-05 : f32} : tensor<1x2x2x4xf32>, tensor<4xf32>
  %c = lw.channel_shuffle %b {groups = 2 : i64} : tensor<1x2x2x4xf32>
  %d = lw.softmax %c {axis = 3 : i64} : tensor<1x2x2x4xf32>
  return %d : tensor<1x2x2x4xf32>
}

// -----

// CHECK-LABEL: func.func @gelu
// CHECK: tosa.erf
// CHECK: tosa.tanh
// CHECK-NOT: lw.
func.func @gelu(%x: tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32> {
  %w = arith.constant dense<0.5> : tensor<1x1x8x8xf32>
  %y = lw.pointwise_conv_2d %x, %w {activation = #lw.act<gelu>} : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32>
  %z = lw.pointwise_conv_2d %y, %w {activation = #lw.act<gelu_tanh>} : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32>
  return %z : tensor<1x4x4x8xf32>
}

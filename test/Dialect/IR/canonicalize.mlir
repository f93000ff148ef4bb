// RUN: lw-opt %s --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: func @to_pointwise
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x8x8x4xf32>, %[[W:[^:]*]]: tensor<1x1x4x5xf32>, %[[B:[^:]*]]: tensor<5xf32>, %[[R:[^:]*]]: tensor<1x4x4x5xf32>
// CHECK-NEXT: lw.pointwise_conv_2d %[[X]], %[[W]] bias %[[B]] residual %[[R]] {activation = #lw.act<relu>, strides = array<i64: 2, 2>}
func.func @to_pointwise(%x: tensor<1x8x8x4xf32>, %w: tensor<1x1x4x5xf32>, %b: tensor<5xf32>, %r: tensor<1x4x4x5xf32>) -> tensor<1x4x4x5xf32> {
  %y = lw.conv_2d %x, %w bias %b residual %r {strides = array<i64: 2, 2>, activation = #lw.act<relu>, dilations = array<i64: 2, 3>}
       : (tensor<1x8x8x4xf32>, tensor<1x1x4x5xf32>, tensor<5xf32>, tensor<1x4x4x5xf32>) -> tensor<1x4x4x5xf32>
  return %y : tensor<1x4x4x5xf32>
}

// -----

// Padded or grouped, a 1x1 window is not pointwise.
// CHECK-LABEL: func @not_pointwise
// CHECK: lw.conv_2d {{.*}} {padding = array<i64: 0, 1, 0, 0>}
// CHECK: lw.conv_2d {{.*}} {groups = 2 : i64}
func.func @not_pointwise(%x: tensor<1x8x8x4xf32>, %w: tensor<1x1x4x4xf32>, %v: tensor<1x1x2x4xf32>) -> (tensor<1x9x8x4xf32>, tensor<1x8x8x4xf32>) {
  %0 = lw.conv_2d %x, %w {padding = array<i64: 0, 1, 0, 0>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x9x8x4xf32>
  %1 = lw.conv_2d %x, %v {groups = 2 : i64} : (tensor<1x8x8x4xf32>, tensor<1x1x2x4xf32>) -> tensor<1x8x8x4xf32>
  return %0, %1 : tensor<1x9x8x4xf32>, tensor<1x8x8x4xf32>
}

// -----

// [KH, KW, 1, C*M] and [KH, KW, C, M] hold the same elements in the same order.
// CHECK-LABEL: func @to_depthwise
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x8x8x2xf32>
// CHECK: %[[W:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]]]> : tensor<1x1x2x2xf32>}>
// CHECK: lw.depthwise_conv_2d %[[X]], %[[W]] {activation = #lw.act<tanh>, padding = array<i64: 1, 0, 0, 0>}
func.func @to_depthwise(%x: tensor<?x8x8x2xf32>) -> tensor<?x9x8x4xf32> {
  %w = "tosa.const"() {values = dense<[[[[1.0, 2.0, 3.0, 4.0]]]]> : tensor<1x1x1x4xf32>} : () -> tensor<1x1x1x4xf32>
  %y = lw.conv_2d %x, %w {groups = 2 : i64, padding = array<i64: 1, 0, 0, 0>, activation = #lw.act<tanh>} : (tensor<?x8x8x2xf32>, tensor<1x1x1x4xf32>) -> tensor<?x9x8x4xf32>
  return %y : tensor<?x9x8x4xf32>
}

// -----

// A computed filter cannot be reshaped in place; one input channel is standard.
// CHECK-LABEL: func @not_depthwise
// CHECK-COUNT-2: lw.conv_2d
func.func @not_depthwise(%x: tensor<1x8x8x2xf32>, %w: tensor<3x3x1x2xf32>, %u: tensor<1x8x8x1xf32>) -> (tensor<1x6x6x2xf32>, tensor<1x6x6x2xf32>) {
  %c = arith.constant dense<1.0> : tensor<3x3x1x2xf32>
  %0 = lw.conv_2d %x, %w {groups = 2 : i64} : (tensor<1x8x8x2xf32>, tensor<3x3x1x2xf32>) -> tensor<1x6x6x2xf32>
  %1 = lw.conv_2d %u, %c : (tensor<1x8x8x1xf32>, tensor<3x3x1x2xf32>) -> tensor<1x6x6x2xf32>
  return %0, %1 : tensor<1x6x6x2xf32>, tensor<1x6x6x2xf32>
}

// -----

// A dilation between the taps of one tap is none.
// CHECK-LABEL: func @useless_dilation
// CHECK: lw.conv_2d {{.*}} {dilations = array<i64: 1, 2>}
// CHECK: lw.depthwise_conv_2d %{{.*}}, %{{.*}} : (
// CHECK: lw.separable_conv_2d {{.*}} {dilations = array<i64: 2, 1>}
func.func @useless_dilation(%x: tensor<1x8x8x2xf32>, %w: tensor<1x3x2x2xf32>, %d: tensor<1x1x2x1xf32>, %e: tensor<3x1x2x1xf32>, %p: tensor<1x1x2x2xf32>)
    -> (tensor<1x8x4x2xf32>, tensor<1x8x8x2xf32>, tensor<1x4x8x2xf32>) {
  %0 = lw.conv_2d %x, %w {dilations = array<i64: 3, 2>} : (tensor<1x8x8x2xf32>, tensor<1x3x2x2xf32>) -> tensor<1x8x4x2xf32>
  %1 = lw.depthwise_conv_2d %x, %d {dilations = array<i64: 4, 4>} : (tensor<1x8x8x2xf32>, tensor<1x1x2x1xf32>) -> tensor<1x8x8x2xf32>
  %2 = lw.separable_conv_2d %x, %e, %p {dilations = array<i64: 2, 2>} : (tensor<1x8x8x2xf32>, tensor<3x1x2x1xf32>, tensor<1x1x2x2xf32>) -> tensor<1x4x8x2xf32>
  return %0, %1, %2 : tensor<1x8x4x2xf32>, tensor<1x8x8x2xf32>, tensor<1x4x8x2xf32>
}

// -----

// CHECK-LABEL: func @zero_bias
// CHECK-NOT: bias
func.func @zero_bias(%x: tensor<1x8x8x2xf32>, %w: tensor<3x3x2x2xf32>, %p: tensor<1x1x2x2xf32>) -> (tensor<1x6x6x2xf32>, tensor<1x6x6x2xf32>, tensor<1x6x6x2xf32>, tensor<1x6x6x2xf32>) {
  %b = "tosa.const"() {values = dense<0.0> : tensor<2xf32>} : () -> tensor<2xf32>
  %d = arith.constant dense<1.0> : tensor<3x3x2x1xf32>
  %0 = lw.conv_2d %x, %w bias %b : (tensor<1x8x8x2xf32>, tensor<3x3x2x2xf32>, tensor<2xf32>) -> tensor<1x6x6x2xf32>
  %1 = lw.depthwise_conv_2d %x, %d bias %b : (tensor<1x8x8x2xf32>, tensor<3x3x2x1xf32>, tensor<2xf32>) -> tensor<1x6x6x2xf32>
  %2 = lw.pointwise_conv_2d %0, %p bias %b : (tensor<1x6x6x2xf32>, tensor<1x1x2x2xf32>, tensor<2xf32>) -> tensor<1x6x6x2xf32>
  %3 = lw.separable_conv_2d %x, %d, %p bias %b : (tensor<1x8x8x2xf32>, tensor<3x3x2x1xf32>, tensor<1x1x2x2xf32>, tensor<2xf32>) -> tensor<1x6x6x2xf32>
  return %0, %1, %2, %3 : tensor<1x6x6x2xf32>, tensor<1x6x6x2xf32>, tensor<1x6x6x2xf32>, tensor<1x6x6x2xf32>
}

// -----

// CHECK-LABEL: func @shuffles
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x4x4x6xf32>
// Identities, and 2 then 6 / 2 groups, are nothing; 2 twice is something.
// CHECK: %[[S:.*]] = lw.channel_shuffle %[[X]] {groups = 2 : i64}
// CHECK: %[[T:.*]] = lw.channel_shuffle %[[S]] {groups = 2 : i64}
// CHECK: return %[[X]], %[[X]], %[[X]], %[[T]]
func.func @shuffles(%x: tensor<1x4x4x6xf32>) -> (tensor<1x4x4x6xf32>, tensor<1x4x4x6xf32>, tensor<1x4x4x6xf32>, tensor<1x4x4x6xf32>) {
  %0 = lw.channel_shuffle %x {groups = 1 : i64} : tensor<1x4x4x6xf32>
  %1 = lw.channel_shuffle %x {groups = 6 : i64} : tensor<1x4x4x6xf32>
  %2 = lw.channel_shuffle %x {groups = 2 : i64} : tensor<1x4x4x6xf32>
  %3 = lw.channel_shuffle %2 {groups = 3 : i64} : tensor<1x4x4x6xf32>
  %4 = lw.channel_shuffle %2 {groups = 2 : i64} : tensor<1x4x4x6xf32>
  return %0, %1, %3, %4 : tensor<1x4x4x6xf32>, tensor<1x4x4x6xf32>, tensor<1x4x4x6xf32>, tensor<1x4x4x6xf32>
}

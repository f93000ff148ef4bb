// RUN: lw-opt %s --convert-lw-to-linalg --split-input-file | FileCheck %s

// CHECK-LABEL: func @standard
// CHECK-SAME: (%[[X:.*]]: tensor<1x8x8x3xf32>, %[[W:.*]]: tensor<3x3x3x4xf32>, %[[B:.*]]: tensor<4xf32>, %[[R:.*]]: tensor<1x4x4x4xf32>)
// CHECK: %[[P:.*]] = tensor.pad %[[X]] low[0, 0, 1, 0] high[0, 1, 0, 0]
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<4xf32>) outs(%{{.*}}) dimensions = [0, 1, 2]
// CHECK: %[[C:.*]] = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%[[P]], %[[W]] : {{.*}}) outs(%[[I]]
// CHECK: linalg.generic {{.*}} ins(%[[C]] : {{.*}}) outs(%[[R]] :
// CHECK: arith.addf
// CHECK: arith.maximumf
// CHECK: arith.minimumf
// CHECK-NOT: lw.
func.func @standard(%x: tensor<1x8x8x3xf32>, %w: tensor<3x3x3x4xf32>, %b: tensor<4xf32>, %r: tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32> {
  %y = lw.conv_2d %x, %w bias %b residual %r {strides = array<i64: 2, 2>, padding = array<i64: 0, 1, 1, 0>, activation = #lw.act<clamp, 0.0, 6.0>}
       : (tensor<1x8x8x3xf32>, tensor<3x3x3x4xf32>, tensor<4xf32>, tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  return %y : tensor<1x4x4x4xf32>
}

// -----

// CHECK-LABEL: func @grouped
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0], [1], [2], [3, 4]] {{.*}} : tensor<3x3x2x6xf32> into tensor<3x3x2x2x3xf32>
// CHECK: linalg.transpose {{.*}} permutation = [3, 4, 0, 1, 2]
// CHECK: linalg.conv_2d_nhwgc_gfhwc {dilations = dense<[1, 2]> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins({{.*}} : tensor<1x8x8x2x2xf32>, tensor<2x3x3x3x2xf32>) outs({{.*}} : tensor<1x6x4x2x3xf32>)
// CHECK: tensor.collapse_shape {{.*}} : tensor<1x6x4x2x3xf32> into tensor<1x6x4x6xf32>
func.func @grouped(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x2x6xf32>) -> tensor<1x6x4x6xf32> {
  %y = lw.conv_2d %x, %w {groups = 2 : i64, dilations = array<i64: 1, 2>} : (tensor<1x8x8x4xf32>, tensor<3x3x2x6xf32>) -> tensor<1x6x4x6xf32>
  return %y : tensor<1x6x4x6xf32>
}

// -----

// CHECK-LABEL: func @depthwise
// CHECK: linalg.depthwise_conv_2d_nhwc_hwc {{.*}} ins({{.*}} : tensor<1x8x8x4xf32>, tensor<3x3x4xf32>) outs({{.*}} : tensor<1x6x6x4xf32>)
// CHECK: linalg.depthwise_conv_2d_nhwc_hwcm {{.*}} ins({{.*}} : tensor<1x6x6x4xf32>, tensor<3x3x4x2xf32>) outs({{.*}} : tensor<1x4x4x4x2xf32>)
func.func @depthwise(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x1xf32>, %w2: tensor<3x3x4x2xf32>) -> tensor<1x4x4x8xf32> {
  %y = lw.depthwise_conv_2d %x, %w : (tensor<1x8x8x4xf32>, tensor<3x3x4x1xf32>) -> tensor<1x6x6x4xf32>
  %z = lw.depthwise_conv_2d %y, %w2 : (tensor<1x6x6x4xf32>, tensor<3x3x4x2xf32>) -> tensor<1x4x4x8xf32>
  return %z : tensor<1x4x4x8xf32>
}

// -----

// CHECK-LABEL: func @separable
// CHECK: linalg.depthwise_conv_2d_nhwc_hwcm {{.*}} strides = dense<2> {{.*}} outs({{.*}} : tensor<1x3x3x4x2xf32>)
// CHECK: linalg.broadcast
// CHECK: linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins({{.*}} : tensor<1x3x3x8xf32>, tensor<1x1x8x5xf32>)
func.func @separable(%x: tensor<1x8x8x4xf32>, %d: tensor<3x3x4x2xf32>, %p: tensor<1x1x8x5xf32>, %b: tensor<5xf32>) -> tensor<1x3x3x5xf32> {
  %y = lw.separable_conv_2d %x, %d, %p bias %b {strides = array<i64: 2, 2>} : (tensor<1x8x8x4xf32>, tensor<3x3x4x2xf32>, tensor<1x1x8x5xf32>, tensor<5xf32>) -> tensor<1x3x3x5xf32>
  return %y : tensor<1x3x3x5xf32>
}

// -----

// Half-precision operands accumulate in f32.
// CHECK-LABEL: func @half
// CHECK: arith.extf %{{.*}} : f16 to f32
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}} ins({{.*}}xf16>, {{.*}}xf16>) outs({{.*}}xf32>)
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @half(%x: tensor<1x8x8x4xf16>, %w: tensor<1x1x4x5xf16>, %b: tensor<5xf16>) -> tensor<1x8x8x5xf16> {
  %y = lw.pointwise_conv_2d %x, %w bias %b : (tensor<1x8x8x4xf16>, tensor<1x1x4x5xf16>, tensor<5xf16>) -> tensor<1x8x8x5xf16>
  return %y : tensor<1x8x8x5xf16>
}

// -----

// CHECK-LABEL: func @dynamic
// CHECK: %[[N:.*]] = tensor.dim
// CHECK: linalg.conv_2d_nhwc_hwcf {{.*}} outs({{.*}} : tensor<?x?x8x5xf32>)
func.func @dynamic(%x: tensor<?x?x8x4xf32>, %w: tensor<3x3x4x5xf32>) -> tensor<?x?x8x5xf32> {
  %y = lw.conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<?x?x8x4xf32>, tensor<3x3x4x5xf32>) -> tensor<?x?x8x5xf32>
  return %y : tensor<?x?x8x5xf32>
}

// -----

// CHECK-LABEL: func @batch_norm
// CHECK: linalg.generic
// CHECK: math.sqrt
// CHECK: arith.divf
// CHECK-LABEL: func @shuffle
// CHECK: tensor.expand_shape {{.*}} into tensor<1x4x4x3x2xf32>
// CHECK: linalg.transpose {{.*}} permutation = [0, 1, 2, 4, 3]
// CHECK: tensor.collapse_shape
func.func @batch_norm(%x: tensor<1x4x4x6xf32>, %p: tensor<6xf32>) -> tensor<1x4x4x6xf32> {
  %y = lw.batch_norm %x, %p, %p, %p, %p {epsilon = 1.0e-05 : f32} : tensor<1x4x4x6xf32>, tensor<6xf32>
  return %y : tensor<1x4x4x6xf32>
}
func.func @shuffle(%x: tensor<1x4x4x6xf32>) -> tensor<1x4x4x6xf32> {
  %y = lw.channel_shuffle %x {groups = 3 : i64} : tensor<1x4x4x6xf32>
  return %y : tensor<1x4x4x6xf32>
}

// -----

// CHECK-LABEL: func @gelu
// CHECK: math.erf
// CHECK: math.exp
// CHECK-NOT: lw.
func.func @gelu(%x: tensor<1x4x4x8xf32>, %w: tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32> {
  %y = lw.pointwise_conv_2d %x, %w {activation = #lw.act<gelu>} : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32>
  %z = lw.pointwise_conv_2d %y, %w {activation = #lw.act<gelu_tanh>} : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32>
  return %z : tensor<1x4x4x8xf32>
}

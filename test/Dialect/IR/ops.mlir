// RUN: lw-opt %s | lw-opt | FileCheck %s
// RUN: lw-opt %s --mlir-print-op-generic | lw-opt | FileCheck %s

// CHECK-LABEL: func @conv_2d
func.func @conv_2d(%x: tensor<1x32x32x16xf32>, %w: tensor<3x3x16x32xf32>,
                   %b: tensor<32xf32>, %r: tensor<1x16x16x32xf32>) -> tensor<1x16x16x32xf32> {
  // CHECK: lw.conv_2d %{{.*}}, %{{.*}} bias %{{.*}} residual %{{.*}} {activation = #lw.act<clamp, 0.000000e+00, 6.000000e+00>, padding = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
  %y = lw.conv_2d %x, %w bias %b residual %r {strides = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>,
         activation = #lw.act<clamp, 0.0, 6.0>}
       : (tensor<1x32x32x16xf32>, tensor<3x3x16x32xf32>, tensor<32xf32>, tensor<1x16x16x32xf32>) -> tensor<1x16x16x32xf32>
  return %y : tensor<1x16x16x32xf32>
}

// CHECK-LABEL: func @grouped_dynamic_batch
func.func @grouped_dynamic_batch(%x: tensor<?x8x8x32xf32>, %w: tensor<3x3x8x64xf32>) -> tensor<?x6x6x64xf32> {
  // CHECK: lw.conv_2d {{.*}} {groups = 4 : i64}
  %y = lw.conv_2d %x, %w {groups = 4 : i64} : (tensor<?x8x8x32xf32>, tensor<3x3x8x64xf32>) -> tensor<?x6x6x64xf32>
  return %y : tensor<?x6x6x64xf32>
}

// CHECK-LABEL: func @variants
func.func @variants(%x: tensor<2x9x7x16xf32>, %dw: tensor<3x3x16x2xf32>, %pw: tensor<1x1x32x5xf32>,
                    %b: tensor<5xf32>) -> (tensor<2x9x7x32xf32>, tensor<2x5x4x5xf32>, tensor<2x9x7x5xf32>) {
  // CHECK: lw.depthwise_conv_2d
  %0 = lw.depthwise_conv_2d %x, %dw {padding = array<i64: 1, 1, 1, 1>, activation = #lw.act<hard_swish>}
       : (tensor<2x9x7x16xf32>, tensor<3x3x16x2xf32>) -> tensor<2x9x7x32xf32>
  // CHECK: lw.pointwise_conv_2d
  %1 = lw.pointwise_conv_2d %0, %pw bias %b {strides = array<i64: 2, 2>}
       : (tensor<2x9x7x32xf32>, tensor<1x1x32x5xf32>, tensor<5xf32>) -> tensor<2x5x4x5xf32>
  // CHECK: lw.separable_conv_2d
  %2 = lw.separable_conv_2d %x, %dw, %pw bias %b {padding = array<i64: 1, 1, 1, 1>, activation = #lw.act<leaky_relu, 1.000000e-01>}
       : (tensor<2x9x7x16xf32>, tensor<3x3x16x2xf32>, tensor<1x1x32x5xf32>, tensor<5xf32>) -> tensor<2x9x7x5xf32>
  return %0, %1, %2 : tensor<2x9x7x32xf32>, tensor<2x5x4x5xf32>, tensor<2x9x7x5xf32>
}

// CHECK-LABEL: func @batch_norm
func.func @batch_norm(%x: tensor<1x4x4x8xf32>, %p: tensor<8xf32>) -> tensor<1x4x4x8xf32> {
  // CHECK: lw.batch_norm %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {epsilon = {{.*}} : f32} : tensor<1x4x4x8xf32>, tensor<8xf32>
  %y = lw.batch_norm %x, %p, %p, %p, %p {epsilon = 1.0e-05 : f32} : tensor<1x4x4x8xf32>, tensor<8xf32>
  // CHECK: lw.channel_shuffle %{{.*}} {groups = 4 : i64} : tensor<1x4x4x8xf32>
  %z = lw.channel_shuffle %y {groups = 4 : i64} : tensor<1x4x4x8xf32>
  return %z : tensor<1x4x4x8xf32>
}

// CHECK-LABEL: @convert_layout
// CHECK: lw.convert_layout %{{.*}} {lw.layout = #lw.layout<block = 16, halo = [1, 1, 1, 1]>} : tensor<1x8x8x32xf32>
func.func @convert_layout(%x: tensor<1x8x8x32xf32>) -> tensor<1x8x8x32xf32> {
  %y = lw.convert_layout %x {lw.layout = #lw.layout<block = 16, halo = [1, 1, 1, 1]>} : tensor<1x8x8x32xf32>
  return %y : tensor<1x8x8x32xf32>
}

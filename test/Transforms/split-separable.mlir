// RUN: lw-opt %s --lw-split-separable | FileCheck %s

// CHECK-LABEL: func @separable
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x9x7x16xf32>, %[[DW:[^:]*]]: tensor<3x3x16x2xf32>, %[[PW:[^:]*]]: tensor<1x1x32x5xf32>, %[[B:[^:]*]]: tensor<5xf32>, %[[R:[^:]*]]: tensor<2x5x4x5xf32>
func.func @separable(%x: tensor<2x9x7x16xf32>, %dw: tensor<3x3x16x2xf32>, %pw: tensor<1x1x32x5xf32>,
                     %b: tensor<5xf32>, %r: tensor<2x5x4x5xf32>) -> tensor<2x5x4x5xf32> {
  // CHECK: %[[Z:.*]] = lw.depthwise_conv_2d %[[X]], %[[DW]] {padding = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<2x9x7x16xf32>, tensor<3x3x16x2xf32>) -> tensor<2x5x4x32xf32>
  // CHECK-NEXT: lw.pointwise_conv_2d %[[Z]], %[[PW]] bias %[[B]] residual %[[R]] {activation = #lw.act<relu>}
  %0 = lw.separable_conv_2d %x, %dw, %pw bias %b residual %r
         {padding = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>, activation = #lw.act<relu>}
       : (tensor<2x9x7x16xf32>, tensor<3x3x16x2xf32>, tensor<1x1x32x5xf32>, tensor<5xf32>, tensor<2x5x4x5xf32>) -> tensor<2x5x4x5xf32>
  return %0 : tensor<2x5x4x5xf32>
}

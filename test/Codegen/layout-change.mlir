// Changing the layout moves data unless both layouts are the same array.
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels | FileCheck %s

// Two blocks of 16 channels to one of 32 on 7x7 pixels: a copy.
// CHECK-LABEL: func.func @main
// CHECK: lw.pointwise_conv_2d
// CHECK-SAME: block = 16
// CHECK: lw.convert_layout
// CHECK-SAME: #lw.copy
// CHECK-SAME: block = 32
// CHECK: tosa.reshape
// Of one pixel, the blocks follow each other as the channels do: no copy.
// CHECK: lw.pointwise_conv_2d
// CHECK-NOT: #lw.copy
// CHECK: return
func.func @main(%x: tensor<1x7x7x8xf32>) -> tensor<1x32xf32> {
  %w = "tosa.const"() <{values = dense<1.0> : tensor<1x1x8x32xf32>}> : () -> tensor<1x1x8x32xf32>
  %v = "tosa.const"() <{values = dense<1.0> : tensor<1x1x32x32xf32>}> : () -> tensor<1x1x32x32xf32>
  %a = lw.pointwise_conv_2d %x, %w
      : (tensor<1x7x7x8xf32>, tensor<1x1x8x32xf32>) -> tensor<1x7x7x32xf32>
  %rows = tosa.const_shape {values = dense<[1, 49, 1, 32]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %b = tosa.reshape %a, %rows : (tensor<1x7x7x32xf32>, !tosa.shape<4>) -> tensor<1x49x1x32xf32>
  %c = tosa.reduce_sum %b {axis = 1 : i32} : (tensor<1x49x1x32xf32>) -> tensor<1x1x1x32xf32>
  %d = lw.pointwise_conv_2d %c, %v
      : (tensor<1x1x1x32xf32>, tensor<1x1x32x32xf32>) -> tensor<1x1x1x32xf32>
  %shape = tosa.const_shape {values = dense<[1, 32]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %e = tosa.reshape %d, %shape : (tensor<1x1x1x32xf32>, !tosa.shape<2>) -> tensor<1x32xf32>
  return %e : tensor<1x32xf32>
}

// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v2 --lw-select-kernels --lw-plan-memory --lw-verify-kernels | FileCheck %s

// Parts of a concatenation that end within a cache line have the bytes of their elements, not
// those that a value of its own would be rounded up to (128), which belong to the next part or
// to what lies behind the whole.
// CHECK-LABEL: func @main
func.func @main(%x: tensor<1x1x5x4xf32>) -> tensor<1x1x5x12xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x4x4xf32>} : () -> tensor<1x1x4x4xf32>
  // CHECK: lw.buffer = #lw.buffer<offset = 0, bytes = 80>
  %a = lw.pointwise_conv_2d %x, %w : (tensor<1x1x5x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x1x5x4xf32>
  // CHECK: lw.buffer = #lw.buffer<offset = 80, bytes = 80>
  %b = lw.pointwise_conv_2d %x, %w {activation = #lw.act<relu>} : (tensor<1x1x5x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x1x5x4xf32>
  // CHECK: lw.buffer = #lw.buffer<offset = 160, bytes = 80>
  %c = lw.pointwise_conv_2d %x, %w {activation = #lw.act<tanh>} : (tensor<1x1x5x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x1x5x4xf32>
  // CHECK: tosa.concat
  // CHECK-SAME: lw.buffer = #lw.buffer<offset = 0, bytes = 256>
  %d = tosa.concat %a, %b, %c {axis = 3 : i32} : (tensor<1x1x5x4xf32>, tensor<1x1x5x4xf32>, tensor<1x1x5x4xf32>) -> tensor<1x1x5x12xf32>
  %e = tosa.abs %d : (tensor<1x1x5x12xf32>) -> tensor<1x1x5x12xf32>
  return %e : tensor<1x1x5x12xf32>
}

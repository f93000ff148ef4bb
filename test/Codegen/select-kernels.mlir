// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-select-kernels | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels | lw-opt --lw-verify-kernels -o /dev/null
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-select-kernels | lw-opt --lw-verify-kernels -o /dev/null

// CHECK-LABEL: func @main
func.func @main(%image: tensor<1x3x32x32xf32>) -> tensor<1x10xf32> {
  // An image of three channels stays in planes, with a border for the padding.
  // CHECK: tosa.transpose
  // CHECK-SAME: lw.kernel = #lw.copy
  // CHECK-SAME: lw.layout = #lw.layout<block = 1, halo = [1, 1, 1, 1]>
  %x = tosa.transpose %image {perms = array<i32: 0, 2, 3, 1>} : (tensor<1x3x32x32xf32>) -> tensor<1x32x32x3xf32>
  %w0 = "tosa.const"() {values = dense<0.5> : tensor<3x3x3x32xf32>} : () -> tensor<3x3x3x32xf32>
  // Three taps of a filter row in registers. The halo is for the depthwise layer.
  // CHECK: lw.conv_2d
  // AVX512-SAME: lw.kernel = #lw.gemm<tile = [1, {{[0-9]+}}, {{[0-9]+}}], taps = 3,
  // AVX512-SAME: lw.layout = #lw.layout<block = 16, halo = [1, 1, 1, 1]>
  // AVX2-SAME: lw.layout = #lw.layout<block = 8, halo = [1, 1, 1, 1]>
  %y = lw.conv_2d %x, %w0 {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x32x32x3xf32>, tensor<3x3x3x32xf32>) -> tensor<1x32x32x32xf32>
  %w1 = "tosa.const"() {values = dense<0.5> : tensor<3x3x32x1xf32>} : () -> tensor<3x3x32x1xf32>
  // CHECK: lw.depthwise_conv_2d
  // CHECK-SAME: #lw.depthwise<
  // CHECK-SAME: halo = [0, 0, 0, 0]
  %z = lw.depthwise_conv_2d %y, %w1 {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x32x32x32xf32>, tensor<3x3x32x1xf32>) -> tensor<1x32x32x32xf32>
  %zero = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  // One pixel is a plain row.
  // CHECK: tosa.avg_pool2d
  // CHECK-SAME: #lw.pool
  // CHECK-SAME: #lw.layout<block = 32, halo = [0, 0, 0, 0]>
  %p = tosa.avg_pool2d %z, %zero, %zero {acc_type = f32, kernel = array<i64: 32, 32>, stride = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>} : (tensor<1x32x32x32xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x1x32xf32>
  %w2 = "tosa.const"() {values = dense<0.5> : tensor<1x1x32x10xf32>} : () -> tensor<1x1x32x10xf32>
  // CHECK: lw.pointwise_conv_2d
  // CHECK-SAME: #lw.gemm<
  %f = lw.pointwise_conv_2d %p, %w2 : (tensor<1x1x1x32xf32>, tensor<1x1x32x10xf32>) -> tensor<1x1x1x10xf32>
  %s = tosa.const_shape {values = dense<[1, 10]> : tensor<2xindex>} : () -> !tosa.shape<2>
  // CHECK: tosa.reshape
  // CHECK-SAME: #lw.alias
  %r = tosa.reshape %f, %s : (tensor<1x1x1x10xf32>, !tosa.shape<2>) -> tensor<1x10xf32>
  // CHECK: tosa.reduce_max
  // CHECK-SAME: #lw.rows
  %m = tosa.reduce_max %r {axis = 1 : i32} : (tensor<1x10xf32>) -> tensor<1x1xf32>
  return %r : tensor<1x10xf32>
}

// RUN: lw-opt %s | lw-opt | FileCheck %s
// RUN: lw-opt %s --emit-bytecode | lw-opt | FileCheck %s

// CHECK-LABEL: @interleave
// CHECK: lw.interleave %{{.*}}, %{{.*}} {order = array<i64: 2, 0, 0, 1>, strides = array<i64: 2, 2>} : (tensor<1x3x4x6xf32>, tensor<1x3x4x3xf32>) -> tensor<1x6x8x3xf32>
func.func @interleave(%a: tensor<1x3x4x6xf32>, %b: tensor<1x3x4x3xf32>) -> tensor<1x6x8x3xf32> {
  %0 = lw.interleave %a, %b {order = array<i64: 2, 0, 0, 1>, strides = array<i64: 2, 2>}
      : (tensor<1x3x4x6xf32>, tensor<1x3x4x3xf32>) -> tensor<1x6x8x3xf32>
  return %0 : tensor<1x6x8x3xf32>
}

// CHECK-LABEL: @interpolate
// CHECK: lw.interpolate %{{.*}} {axis = 1 : i64, indices = array<i32: 0, 1, 1, 2>, weights = array<f32: 5.000000e-01, 5.000000e-01, 2.500000e-01, 7.500000e-01>} : (tensor<4x3xf32>) -> tensor<4x2xf32>
// CHECK: lw.interpolate %{{.*}} {axis = 0 : i64, indices = array<i32: 3, 0>, weights = array<f32>} : (tensor<4x3xi8>) -> tensor<2x3xi8>
func.func @interpolate(%a: tensor<4x3xf32>, %b: tensor<4x3xi8>) -> (tensor<4x2xf32>, tensor<2x3xi8>) {
  %0 = lw.interpolate %a {axis = 1 : i64, indices = array<i32: 0, 1, 1, 2>, weights = array<f32: 0.5, 0.5, 0.25, 0.75>}
      : (tensor<4x3xf32>) -> tensor<4x2xf32>
  %1 = lw.interpolate %b {axis = 0 : i64, indices = array<i32: 3, 0>, weights = array<f32>}
      : (tensor<4x3xi8>) -> tensor<2x3xi8>
  return %0, %1 : tensor<4x2xf32>, tensor<2x3xi8>
}

// CHECK-LABEL: @elementwise
// CHECK: lw.elementwise %{{.*}} : (tensor<4xf32>) -> tensor<4xf32> {
// CHECK:   lw.yield
func.func @elementwise(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = lw.elementwise %a : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%x: tensor<4xf32>):
    %1 = tosa.exp %x : (tensor<4xf32>) -> tensor<4xf32>
    lw.yield %1 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

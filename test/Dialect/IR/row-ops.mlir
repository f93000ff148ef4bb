// RUN: lw-opt %s | lw-opt | FileCheck %s

// CHECK-LABEL: func @softmax
// CHECK: lw.softmax %{{.*}} {axis = 2 : i64} : tensor<2x3x4xf32>
// CHECK: lw.softmax %{{.*}} {axis = 0 : i64, is_log} : tensor<2x3x4xf32>
func.func @softmax(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %0 = lw.softmax %x {axis = 2 : i64} : tensor<2x3x4xf32>
  %1 = lw.softmax %0 {axis = 0 : i64, is_log} : tensor<2x3x4xf32>
  return %1 : tensor<2x3x4xf32>
}

// CHECK-LABEL: func @normalize
// CHECK: lw.normalize %{{.*}} scale %{{.*}} bias %{{.*}} {axes = array<i64: 1, 2>, epsilon = {{.*}} : f32} : (tensor<2x3x4xf32>, tensor<1x3x4xf32>, tensor<2x1x1xf32>) -> tensor<2x3x4xf32>
// CHECK: lw.normalize %{{.*}} bias %{{.*}} {axes = array<i64: 2>, epsilon = {{.*}} : f32, kind = 1 : i32} : (tensor<2x3x4xf32>, tensor<2x1x1xf32>) -> tensor<2x3x4xf32>
func.func @normalize(%x: tensor<2x3x4xf32>, %s: tensor<1x3x4xf32>, %b: tensor<2x1x1xf32>) -> tensor<2x3x4xf32> {
  %0 = lw.normalize %x scale %s bias %b {axes = array<i64: 1, 2>, epsilon = 1.0e-05 : f32} : (tensor<2x3x4xf32>, tensor<1x3x4xf32>, tensor<2x1x1xf32>) -> tensor<2x3x4xf32>
  %1 = lw.normalize %0 bias %b {axes = array<i64: 2>, epsilon = 0.0 : f32, kind = 1 : i32} : (tensor<2x3x4xf32>, tensor<2x1x1xf32>) -> tensor<2x3x4xf32>
  return %1 : tensor<2x3x4xf32>
}

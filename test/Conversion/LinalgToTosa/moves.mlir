// RUN: lw-opt %s --split-input-file --convert-linalg-to-tosa | FileCheck %s

// CHECK-LABEL: func.func @shapes
// CHECK: tosa.reshape %arg0, %{{.*}} -> tensor<6x4xf32>
// CHECK: tosa.pad %{{.*}} -> tensor<9x4xf32>
// CHECK: tosa.slice %{{.*}} -> tensor<2x4xf32>
// CHECK: tosa.concat %{{.*}} {axis = 0 : i32}
// CHECK-NOT: tensor.
func.func @shapes(%x: tensor<2x3x4xf32>) -> tensor<11x4xf32> {
  %one = arith.constant 1.0 : f32
  %a = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x3x4xf32> into tensor<6x4xf32>
  %b = tensor.pad %a low[1, 0] high[2, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %one : f32
  } : tensor<6x4xf32> to tensor<9x4xf32>
  %c = tensor.extract_slice %a[3, 0] [2, 4] [1, 1] : tensor<6x4xf32> to tensor<2x4xf32>
  %d = tensor.concat dim(0) %b, %c : (tensor<9x4xf32>, tensor<2x4xf32>) -> tensor<11x4xf32>
  return %d : tensor<11x4xf32>
}

// -----

// Every second element; zeros between elements, as a transposed convolution has.

// CHECK-LABEL: func.func @strides
// CHECK: tosa.slice %arg0, %{{.*}} -> tensor<5xf32>
// CHECK: tosa.pad %{{.*}} -> tensor<6xf32>
// CHECK: tosa.reshape %{{.*}} -> tensor<3x2xf32>
// CHECK: tosa.slice %{{.*}} -> tensor<3x1xf32>
// CHECK: %[[A:.*]] = tosa.reshape %{{.*}} -> tensor<3xf32>
// CHECK: tosa.pad %{{.*}} -> tensor<3x2xf32>
// CHECK: tosa.reshape %{{.*}} -> tensor<6xf32>
// CHECK: tosa.pad %{{.*}} -> tensor<7xf32>
// CHECK-NOT: tensor.
func.func @strides(%x: tensor<7xf32>) -> tensor<7xf32> {
  %z = arith.constant 0.0 : f32
  %a = tensor.extract_slice %x[1] [3] [2] : tensor<7xf32> to tensor<3xf32>
  %e = tensor.empty() : tensor<7xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<7xf32>) -> tensor<7xf32>
  %b = tensor.insert_slice %a into %f[1] [3] [2] : tensor<3xf32> into tensor<7xf32>
  return %b : tensor<7xf32>
}

// -----

// tosa wants windows that use all of their input; a pad with the least number is
// the pool's. A sum is so many means.

// CHECK-LABEL: func.func @pools
// CHECK: %[[X:.*]] = tosa.transpose %arg0 {perms = array<i32: 0, 2, 3, 1>}
// CHECK: tosa.max_pool2d %[[X]] {kernel = array<i64: 3, 3>, pad = array<i64: 1, 0, 1, 0>, stride = array<i64: 2, 2>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32>
// CHECK: tosa.avg_pool2d %{{.*}} : (tensor<1x6x6x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x2x4xf32>
// CHECK: tosa.mul
// CHECK-NOT: linalg
func.func @pools(%x: tensor<1x4x8x8xf32>) -> (tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>) {
  %z = arith.constant 0.0 : f32
  %m = arith.constant 0xFF800000 : f32
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %m : f32
  } : tensor<1x4x8x8xf32> to tensor<1x4x10x10xf32>
  %k = tensor.empty() : tensor<3x3xf32>
  %e = tensor.empty() : tensor<1x4x4x4xf32>
  %f = linalg.fill ins(%m : f32) outs(%e : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %a = linalg.pooling_nchw_max {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%p, %k : tensor<1x4x10x10xf32>, tensor<3x3xf32>) outs(%f : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %g = tensor.empty() : tensor<1x4x2x2xf32>
  %h = linalg.fill ins(%z : f32) outs(%g : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  %b = linalg.pooling_nchw_sum {dilations = dense<1> : vector<2xi64>, strides = dense<3> : vector<2xi64>} ins(%x, %k : tensor<1x4x8x8xf32>, tensor<3x3xf32>) outs(%h : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32>
  return %a, %b : tensor<1x4x4x4xf32>, tensor<1x4x2x2xf32>
}

// RUN: lw-opt %s --split-input-file --convert-linalg-to-tosa | FileCheck %s

#id = affine_map<(i, j, k) -> (i, j, k)>
#kept = affine_map<(i, j, k) -> (i, j, 0)>
#gone = affine_map<(i, j, k) -> (j)>

// Reduced dimensions that stay as one, and that go.

// CHECK-LABEL: func.func @sums
// CHECK: %[[A:.*]] = tosa.reduce_sum %arg0 {axis = 2 : i32} : (tensor<2x3x4xf32>) -> tensor<2x3x1xf32>
// CHECK: %[[B:.*]] = tosa.reduce_max %arg0 {axis = 0 : i32, nan_mode = IGNORE}
// CHECK: %[[C:.*]] = tosa.reduce_max %[[B]] {axis = 2 : i32, nan_mode = IGNORE}
// CHECK: %[[D:.*]] = tosa.reshape %{{.*}} -> tensor<3xf32>
// CHECK: return %[[A]], %[[D]]
func.func @sums(%x: tensor<2x3x4xf32>) -> (tensor<2x3x1xf32>, tensor<3xf32>) {
  %z = arith.constant 0.0 : f32
  %m = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<2x3x1xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<2x3x1xf32>) -> tensor<2x3x1xf32>
  %a = linalg.generic {indexing_maps = [#id, #kept], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x : tensor<2x3x4xf32>) outs(%f : tensor<2x3x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.addf %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<2x3x1xf32>
  %g = tensor.empty() : tensor<3xf32>
  %h = linalg.fill ins(%m : f32) outs(%g : tensor<3xf32>) -> tensor<3xf32>
  %b = linalg.generic {indexing_maps = [#id, #gone], iterator_types = ["reduction", "parallel", "reduction"]} ins(%x : tensor<2x3x4xf32>) outs(%h : tensor<3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf ogt, %in, %out : f32
    %s = arith.select %c, %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<3xf32>
  return %a, %b : tensor<2x3x1xf32>, tensor<3xf32>
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// A term that is computed, onto something else than nothing.

// CHECK-LABEL: func.func @onto
// CHECK: %[[Q:.*]] = tosa.mul %arg0, %arg0
// CHECK: %[[S:.*]] = tosa.reduce_sum %[[Q]] {axis = 1 : i32}
// CHECK: %[[R:.*]] = tosa.reshape %[[S]]
// CHECK: tosa.add %[[R]], %arg1
func.func @onto(%x: tensor<3x4xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  %a = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<3x4xf32>) outs(%y : tensor<3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %q = arith.mulf %in, %in : f32
    %s = arith.addf %out, %q : f32
    linalg.yield %s : f32
  } -> tensor<3xf32>
  return %a : tensor<3xf32>
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// The greatest and its place; the place alone is not computed when nobody asks.

// CHECK-LABEL: func.func @argmax
// CHECK: tosa.reduce_max
// CHECK: tosa.argmax %arg0 {axis = 1 : i32} : (tensor<3x4xf32>) -> tensor<3xi32>
// CHECK-NOT: linalg
func.func @argmax(%x: tensor<3x4xf32>) -> (tensor<3xf32>, tensor<3xi64>) {
  %m = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0 : i64
  %e = tensor.empty() : tensor<3xf32>
  %f = linalg.fill ins(%m : f32) outs(%e : tensor<3xf32>) -> tensor<3xf32>
  %g = tensor.empty() : tensor<3xi64>
  %h = linalg.fill ins(%zero : i64) outs(%g : tensor<3xi64>) -> tensor<3xi64>
  %r:2 = linalg.generic {indexing_maps = [#id, #row, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<3x4xf32>) outs(%f, %h : tensor<3xf32>, tensor<3xi64>) {
  ^bb0(%in: f32, %out: f32, %at: i64):
    %i = linalg.index 1 : index
    %j = arith.index_cast %i : index to i64
    %s = arith.maximumf %in, %out : f32
    %c = arith.cmpf ogt, %in, %out : f32
    %t = arith.select %c, %j, %at : i64
    linalg.yield %s, %t : f32, i64
  } -> (tensor<3xf32>, tensor<3xi64>)
  return %r#0, %r#1 : tensor<3xf32>, tensor<3xi64>
}

// -----

#a = affine_map<(b, m, n, k) -> (b, k, m)>
#b = affine_map<(b, m, n, k) -> (n, b, k)>
#c = affine_map<(b, m, n, k) -> (m, b, n)>

// Products of matrices in every order of their dimensions.

// CHECK-LABEL: func.func @products
// CHECK: tosa.matmul %{{.*}} : (tensor<1x3x4xf32>, tensor<1x4x5xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x3x5xf32>
// CHECK: %[[A:.*]] = tosa.transpose %{{.*}} {perms = array<i32: 0, 2, 1>} : (tensor<2x4x3xf32>) -> tensor<2x3x4xf32>
// CHECK: %[[B:.*]] = tosa.transpose %{{.*}} {perms = array<i32: 1, 2, 0>} : (tensor<5x2x4xf32>) -> tensor<2x4x5xf32>
// CHECK: %[[C:.*]] = tosa.matmul %[[A]], %[[B]]
// CHECK: tosa.transpose %[[C]] {perms = array<i32: 1, 0, 2>} : (tensor<2x3x5xf32>) -> tensor<3x2x5xf32>
// CHECK-NOT: linalg
func.func @products(%x: tensor<3x4xf32>, %y: tensor<4x5xf32>, %p: tensor<2x4x3xf32>, %q: tensor<5x2x4xf32>) -> (tensor<3x5xf32>, tensor<3x2x5xf32>) {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x5xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<3x5xf32>) -> tensor<3x5xf32>
  %a = linalg.matmul ins(%x, %y : tensor<3x4xf32>, tensor<4x5xf32>) outs(%f : tensor<3x5xf32>) -> tensor<3x5xf32>
  %g = tensor.empty() : tensor<3x2x5xf32>
  %h = linalg.fill ins(%z : f32) outs(%g : tensor<3x2x5xf32>) -> tensor<3x2x5xf32>
  %b = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%p, %q : tensor<2x4x3xf32>, tensor<5x2x4xf32>) outs(%h : tensor<3x2x5xf32>) {
  ^bb0(%l: f32, %r: f32, %out: f32):
    %m = arith.mulf %l, %r : f32
    %s = arith.addf %m, %out : f32
    linalg.yield %s : f32
  } -> tensor<3x2x5xf32>
  return %a, %b : tensor<3x5xf32>, tensor<3x2x5xf32>
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// What the body makes of a NaN: the first two leave it out, the others let it
// through.

// CHECK-LABEL: func.func @nan
// CHECK: tosa.reduce_min %arg0 {axis = 1 : i32, nan_mode = IGNORE}
// CHECK: tosa.reduce_max %arg0 {axis = 1 : i32, nan_mode = IGNORE}
// CHECK: tosa.reduce_max %arg0 {axis = 1 : i32} :
// CHECK: tosa.reduce_max %arg0 {axis = 1 : i32} :
func.func @nan(%x: tensor<3x4xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %m = arith.constant dense<0xFF800000> : tensor<3xf32>
  %p = arith.constant dense<0x7F800000> : tensor<3xf32>
  %a = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<3x4xf32>) outs(%p : tensor<3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.minnumf %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<3xf32>
  %b = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<3x4xf32>) outs(%m : tensor<3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf ogt, %in, %out : f32
    %s = arith.select %c, %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<3xf32>
  %d = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<3x4xf32>) outs(%m : tensor<3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.maximumf %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<3xf32>
  %e = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<3x4xf32>) outs(%m : tensor<3xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf ugt, %in, %out : f32
    %s = arith.select %c, %in, %out : f32
    linalg.yield %s : f32
  } -> tensor<3xf32>
  return %a, %b, %d, %e : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

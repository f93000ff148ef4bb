// RUN: lw-opt %s --split-input-file --convert-linalg-to-tosa | FileCheck %s

#id = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c, 0, 0)>
#scalar = affine_map<(n, c, h, w) -> ()>

// Operands get one dimension for every loop; captured scalars become numbers, an
// epsilon in f64 is rounded first.

// CHECK-LABEL: func.func @broadcast
// CHECK: %[[V:.*]] = tosa.reshape %arg1, %{{.*}} -> tensor<1x8x1x1xf32>
// CHECK: %[[EPS:.*]] = "tosa.const"() <{values = dense<9.99999974E-6> : tensor<1x1x1x1xf32>}>
// CHECK: %[[S:.*]] = tosa.add %[[V]], %[[EPS]]
// CHECK: %[[R:.*]] = tosa.rsqrt %[[S]]
// CHECK: tosa.mul %arg0, %[[R]], %{{.*}} -> tensor<1x8x4x4xf32>
// CHECK-NOT: linalg
func.func @broadcast(%x: tensor<1x8x4x4xf32>, %v: tensor<8x1x1xf32>) -> tensor<1x8x4x4xf32> {
  %eps = arith.constant 1.0e-05 : f64
  %e = tensor.empty() : tensor<1x8x4x4xf32>
  %r = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x, %v : tensor<1x8x4x4xf32>, tensor<8x1x1xf32>) outs(%e : tensor<1x8x4x4xf32>) {
  ^bb0(%in: f32, %var: f32, %out: f32):
    %narrow = arith.truncf %eps : f64 to f32
    %sum = arith.addf %var, %narrow : f32
    %root = math.rsqrt %sum : f32
    %s = arith.mulf %in, %root : f32
    linalg.yield %s : f32
  } -> tensor<1x8x4x4xf32>
  return %r : tensor<1x8x4x4xf32>
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#turned = affine_map<(i, j) -> (j, i)>
#row = affine_map<(i, j) -> (j)>

// Any order of the dimensions, in operands and in the result; a result that does
// not vary along a loop is repeated.

// CHECK-LABEL: func.func @orders
// CHECK: %[[T:.*]] = tosa.transpose %arg0 {perms = array<i32: 1, 0>}
// CHECK: %[[A:.*]] = tosa.add %[[T]], %arg1
// CHECK: %[[U:.*]] = tosa.transpose %[[A]] {perms = array<i32: 1, 0>}
// CHECK: %[[R:.*]] = tosa.reshape %arg2, %{{.*}} -> tensor<1x4xf32>
// CHECK: %[[B:.*]] = tosa.tile %[[R]], %{{.*}} -> tensor<3x4xf32>
// CHECK: return %[[U]], %[[B]]
func.func @orders(%x: tensor<4x3xf32>, %y: tensor<3x4xf32>, %z: tensor<4xf32>) -> (tensor<4x3xf32>, tensor<3x4xf32>) {
  %e = tensor.empty() : tensor<4x3xf32>
  %a = linalg.generic {indexing_maps = [#turned, #id, #turned], iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : tensor<4x3xf32>, tensor<3x4xf32>) outs(%e : tensor<4x3xf32>) {
  ^bb0(%p: f32, %q: f32, %out: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<4x3xf32>
  %f = tensor.empty() : tensor<3x4xf32>
  %b = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%z : tensor<4xf32>) outs(%f : tensor<3x4xf32>) {
  ^bb0(%p: f32, %out: f32):
    linalg.yield %p : f32
  } -> tensor<3x4xf32>
  return %a, %b : tensor<4x3xf32>, tensor<3x4xf32>
}

// -----

#id = affine_map<(i) -> (i)>

// Activations: a bound by comparison, the sigmoid, a quotient by a number.

// CHECK-LABEL: func.func @activations
// CHECK: tosa.clamp %arg0 {max_val = 0x7F800000 : f32, min_val = 0.000000e+00 : f32}
// CHECK: tosa.clamp %arg0 {max_val = 6.000000e+00 : f32, min_val = 0xFF800000 : f32}
// CHECK: tosa.sigmoid %arg0
// CHECK: tosa.mul %arg0, %{{.*}}
// CHECK-NOT: linalg
func.func @activations(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %z = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %six = arith.constant 6.0 : f32
  %e = tensor.empty() : tensor<8xf32>
  %r:4 = linalg.generic {indexing_maps = [#id, #id, #id, #id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<8xf32>) outs(%e, %e, %e, %e : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  ^bb0(%in: f32, %o0: f32, %o1: f32, %o2: f32, %o3: f32):
    %c = arith.cmpf ugt, %in, %z : f32
    %relu = arith.select %c, %in, %z : f32
    %d = arith.cmpf olt, %six, %in : f32
    %cap = arith.select %d, %six, %in : f32
    %n = arith.negf %in : f32
    %ex = math.exp %n : f32
    %p = arith.addf %ex, %one : f32
    %sigmoid = arith.divf %one, %p : f32
    %q = arith.divf %in, %six : f32
    linalg.yield %relu, %cap, %sigmoid, %q : f32, f32, f32, f32
  } -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
  return %r#0, %r#1, %r#2, %r#3 : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}

// -----

#id = affine_map<(i) -> (i)>

// What depends on constants and places alone is computed.

// CHECK-LABEL: func.func @constants
// CHECK-DAG: dense<[5.000000e-01, 2.000000e+00]> : tensor<2xf32>
// CHECK-DAG: dense<[3, 2, 1]> : tensor<3xi64>
// CHECK-NOT: linalg
func.func @constants() -> (tensor<2xf32>, tensor<3xi64>) {
  %v = arith.constant dense<[4.0, 0.25]> : tensor<2xf32>
  %three = arith.constant 3 : i64
  %e = tensor.empty() : tensor<2xf32>
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%v : tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = math.rsqrt %in : f32
    linalg.yield %s : f32
  } -> tensor<2xf32>
  %f = tensor.empty() : tensor<3xi64>
  %b = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%f : tensor<3xi64>) {
  ^bb0(%out: i64):
    %i = linalg.index 0 : index
    %j = arith.index_cast %i : index to i64
    %s = arith.subi %three, %j : i64
    linalg.yield %s : i64
  } -> tensor<3xi64>
  return %a, %b : tensor<2xf32>, tensor<3xi64>
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// Rows of a table, by indices.

// CHECK-LABEL: func.func @embedding
// CHECK: %[[I:.*]] = tosa.cast %{{.*}} : (tensor<5x1xi64>) -> tensor<5x1xi32>
// CHECK: tosa.gather %{{.*}}, %{{.*}} : (tensor<1x100x16xf32>, tensor<1x5xi32>) -> tensor<1x5x16xf32>
// CHECK-NOT: linalg
func.func @embedding(%table: tensor<100x16xf32>, %ids: tensor<5xi64>) -> tensor<5x16xf32> {
  %e = tensor.empty() : tensor<5x16xf32>
  %r = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]} ins(%ids : tensor<5xi64>) outs(%e : tensor<5x16xf32>) {
  ^bb0(%in: i64, %out: f32):
    %i = arith.index_cast %in : i64 to index
    %j = linalg.index 1 : index
    %s = tensor.extract %table[%i, %j] : tensor<100x16xf32>
    linalg.yield %s : f32
  } -> tensor<5x16xf32>
  return %r : tensor<5x16xf32>
}

// -----

#id = affine_map<(i) -> (i)>

// A bound of a NaN is the bound: a clamp would make its least number of it.

// CHECK-LABEL: func.func @bounds_of_nan
// CHECK: tosa.minimum {{.*}}nan_mode = IGNORE
// CHECK: tosa.clamp {{.*}}min_val = 0.000000e+00 : f32, nan_mode = IGNORE
func.func @bounds_of_nan(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %six = arith.constant 6.0 : f32
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8xf32>
  %a = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.minnumf %in, %six : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.maxnumf %in, %zero : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  return %a, %b : tensor<8xf32>, tensor<8xf32>
}

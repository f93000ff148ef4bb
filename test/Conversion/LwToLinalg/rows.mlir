// RUN: lw-opt %s --convert-lw-to-linalg | FileCheck %s
// RUN: lw-opt %s --convert-lw-to-linalg | FileCheck %s --check-prefix=MAP

// A maximum, a sum of exponentials, quotients.
// CHECK-LABEL: func @softmax
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]
// CHECK: arith.maximumf
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]
// CHECK: arith.divf
func.func @softmax(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = lw.softmax %x {axis = 1 : i64} : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// Half floats are summed in f32. The mean comes first.
// CHECK-LABEL: func @normalize
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]
// CHECK: arith.addf {{.*}} : f32
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]
// CHECK: arith.subf
// CHECK: arith.mulf
// CHECK: math.sqrt
// CHECK: arith.truncf
func.func @normalize(%x: tensor<2x4xf16>, %s: tensor<1x4xf16>) -> tensor<2x4xf16> {
  %0 = lw.normalize %x scale %s {axes = array<i64: 1>, epsilon = 1.0e-05 : f32} : (tensor<2x4xf16>, tensor<1x4xf16>) -> tensor<2x4xf16>
  return %0 : tensor<2x4xf16>
}

// What belongs to a row has no index along an axis of one element either: a
// reduction cannot write where it does not loop.
// MAP-DAG: affine_map<(d0, d1) -> (0, d1)>
func.func @one_element(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = lw.normalize %x {axes = array<i64: 0>, epsilon = 1.0e-05 : f32, kind = 2 : i32} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

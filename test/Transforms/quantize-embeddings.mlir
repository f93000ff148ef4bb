// RUN: lw-opt %s --lw-quantize-embeddings=least-elements=4 --split-input-file | FileCheck %s

// 127 steps to the greatest of each row; a row of zeros stays zeros.
// CHECK-LABEL: @table
// CHECK-DAG:   %[[Q:.*]] = "tosa.const"() <{values = dense<{{\[\[}}127, -64], [25, 127], [0, 0]]> : tensor<3x2xi8>}>
// CHECK-DAG:   %[[S:.*]] = "tosa.const"() <{values = dense<{{\[\[}}2.000000e+00], [1.000000e+00], [1.000000e+00]]> : tensor<3x1xf32>}>
// CHECK:       %[[B:.*]] = lw.gather %[[Q]], %[[I:.*]] {axis = 0 : i64} : {{.*}} -> tensor<4x5x2xi8>
// CHECK:       %[[D:.*]] = lw.dequantize %[[B]] from <s8, 1.000000e+00, 0>
// CHECK:       %[[R:.*]] = lw.gather %[[S]], %[[I]] {axis = 0 : i64} : {{.*}} -> tensor<4x5x1xf32>
// CHECK:       %[[Y:.*]] = tosa.mul %[[D]], %[[R]]
// CHECK:       return %[[Y]]
func.func @table(%ids: tensor<4x5xi64>) -> tensor<4x5x2xf32> {
  %t = "tosa.const"() {values = dense<[[254.0, -128.0], [25.0, 127.0], [0.0, 0.0]]> : tensor<3x2xf32>} : () -> tensor<3x2xf32>
  %y = lw.gather %t, %ids {axis = 0 : i64} : (tensor<3x2xf32>, tensor<4x5xi64>) -> tensor<4x5x2xf32>
  return %y : tensor<4x5x2xf32>
}

// -----

// Something else reads it; another has no rows; another an infinite element.
// CHECK-LABEL: @kept
// CHECK-NOT: i8
// CHECK: return
func.func @kept(%ids: tensor<1xi64>) -> (tensor<1x2xf32>, tensor<3x2xf32>, tensor<3x1xf32>, tensor<1x2xf32>) {
  %t = "tosa.const"() {values = dense<[[2.0, 1.0], [2.5, 7.0], [0.0, 0.0]]> : tensor<3x2xf32>} : () -> tensor<3x2xf32>
  %u = "tosa.const"() {values = dense<[[2.0, 1.0], [2.5, 8.0], [0.0, 0.0]]> : tensor<3x2xf32>} : () -> tensor<3x2xf32>
  %v = "tosa.const"() {values = dense<[[2.0, 1.0], [2.5, 0x7f800000], [0.0, 0.0]]> : tensor<3x2xf32>} : () -> tensor<3x2xf32>
  %y = lw.gather %t, %ids {axis = 0 : i64} : (tensor<3x2xf32>, tensor<1xi64>) -> tensor<1x2xf32>
  %z = lw.gather %u, %ids {axis = 1 : i64} : (tensor<3x2xf32>, tensor<1xi64>) -> tensor<3x1xf32>
  %w = lw.gather %v, %ids {axis = 0 : i64} : (tensor<3x2xf32>, tensor<1xi64>) -> tensor<1x2xf32>
  return %y, %t, %z, %w : tensor<1x2xf32>, tensor<3x2xf32>, tensor<3x1xf32>, tensor<1x2xf32>
}

// RUN: lw-opt %s --lw-clean | FileCheck %s

// Channel constants are repeated for the pixels that are channels before.
// CHECK-LABEL: @constants
// CHECK-DAG: %[[TWICE:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00, 1.000000e+00, 2.000000e+00]]]]>
// CHECK-DAG: %[[ONCE:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00]]]]>
// CHECK-DAG: %[[A:.*]] = tosa.add %arg0, %[[TWICE]]
// CHECK-DAG: %[[B:.*]] = tosa.add %arg1, %[[ONCE]]
// CHECK-DAG: %[[C:.*]] = tosa.clamp %[[A]]
// CHECK-DAG: %[[D:.*]] = tosa.clamp %[[B]]
// CHECK: lw.interleave %[[C]], %[[D]]
func.func @constants(%a: tensor<1x3x4x4xf32>, %b: tensor<1x3x4x2xf32>) -> tensor<1x3x12x2xf32> {
  %bias = "tosa.const"() {values = dense<[[[[1.0, 2.0]]]]> : tensor<1x1x1x2xf32>} : () -> tensor<1x1x1x2xf32>
  %0 = lw.interleave %a, %b {order = array<i64: 2, 0, 1>, strides = array<i64: 1, 3>}
      : (tensor<1x3x4x4xf32>, tensor<1x3x4x2xf32>) -> tensor<1x3x12x2xf32>
  %1 = tosa.add %0, %bias : (tensor<1x3x12x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x3x12x2xf32>
  %2 = tosa.clamp %1 {min_val = 0.0 : f32, max_val = 6.0 : f32} : (tensor<1x3x12x2xf32>) -> tensor<1x3x12x2xf32>
  return %2 : tensor<1x3x12x2xf32>
}

// What is used twice stays, so that it is interleaved once.
// CHECK-LABEL: @shared
// CHECK: %[[Y:.*]] = lw.interleave
// CHECK: tosa.clamp %[[Y]]
func.func @shared(%a: tensor<1x3x4x4xf32>) -> (tensor<1x3x8x2xf32>, tensor<1x3x8x2xf32>) {
  %0 = lw.interleave %a {order = array<i64: 1, 0>, strides = array<i64: 1, 2>}
      : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x2xf32>
  %1 = tosa.clamp %0 {min_val = 0.0 : f32, max_val = 6.0 : f32} : (tensor<1x3x8x2xf32>) -> tensor<1x3x8x2xf32>
  return %0, %1 : tensor<1x3x8x2xf32>, tensor<1x3x8x2xf32>
}

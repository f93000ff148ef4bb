// RUN: not lw-opt %s --convert-lw-to-tosa 2>&1 | FileCheck %s

// A variance below -epsilon is an error, not NaN in the result.
func.func @negative_variance(%x: tensor<1x2x2x4xf32>) -> tensor<1x2x2x4xf32> {
  %s = "tosa.const"() {values = dense<1.0> : tensor<4xf32>} : () -> tensor<4xf32>
  %v = "tosa.const"() {values = dense<-1.0> : tensor<4xf32>} : () -> tensor<4xf32>
  // CHECK: error: 'lw.batch_norm' op expects variance + epsilon to be positive, found -1.000000e+00 + 1.000000e-05 in channel 0
  %b = lw.batch_norm %x, %s, %s, %s, %v {epsilon = 1.0e-05 : f32} : tensor<1x2x2x4xf32>, tensor<4xf32>
  return %b : tensor<1x2x2x4xf32>
}

// GELU as the operators of an opset that has no operator for it.

// REQUIRES: python-onnx
// RUN: lw-translate --export-onnx %s -o %t.onnx
// RUN: %onnx_python %S/Inputs/print_onnx.py %t.onnx | FileCheck %s

func.func @main(%x: tensor<1x4x4x8xf32> {lw.name = "x"}) -> (tensor<1x4x4x8xf32> {lw.name = "y"}) {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x8x8xf32>} : () -> tensor<1x1x8x8xf32>
  // CHECK: [[X:.*]] = Conv(
  // CHECK-NEXT: [[SCALED:.*]] = Mul([[X]], [[ROOT:.*]])
  // CHECK-NEXT: [[ERF:.*]] = Erf([[SCALED]])
  // CHECK: Mul({{.*}}, {{.*}})
  %0 = lw.pointwise_conv_2d %x, %w {activation = #lw.act<gelu>} : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32>
  // CHECK: [[Y:.*]] = Conv(
  // CHECK-NEXT: [[SQUARE:.*]] = Mul([[Y]], [[Y]])
  // CHECK: [[TANH:.*]] = Tanh(
  %1 = lw.pointwise_conv_2d %0, %w {activation = #lw.act<gelu_tanh>} : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32>
  return %1 : tensor<1x4x4x8xf32>
}

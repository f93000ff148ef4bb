// Convolutions that read a constant, as input or as residual, have no range from
// samples: they stay in f32, and all around them is seen as it is.
//
// RUN: %python %S/../Reconstruction/Inputs/samples.py %t.npy 64 8 8 4
// RUN: lw-run %s --input %t.npy --output %t.f32.npy
// RUN: lw-run %s --input %t.npy --output %t.int8.npy --quantize=int8,always --calibrate=%t.npy 2>&1 | FileCheck %s --check-prefix=REPORT
// RUN: %python %S/Inputs/compare.py %t.f32.npy %t.int8.npy 0.001
// REPORT: {{^}}sum lw.pointwise_conv_2d f32 {{.*}} it reads a constant
// REPORT: {{^}}mid lw.pointwise_conv_2d int8
// REPORT: {{^}}alone lw.pointwise_conv_2d f32 {{.*}} it reads a constant
// REPORT: {{^}}end lw.pointwise_conv_2d int8 to f32
//
// The sums are all above zero: those of the input with itself would not be.
// RUN: lw-run %s --input %t.npy --print-statistics | FileCheck %s --check-prefix=SEEN
// SEEN: {{^}}sum lw.pointwise_conv_2d 1x8x8x4 {{[0-9]}}
// RUN: lwc %s -o %t.mlir --separable=macs=1.1x --calibrate=%t.npy

func.func @main(%x: tensor<1x8x8x4xf32>) -> tensor<1x1x1x8xf32> {
  %w0 = "tosa.const"() {values = dense<[[[[0.5, 0.25, -0.5, 0.25], [-0.5, 0.5, 0.5, -0.75],
    [0.25, -0.5, 0.5, 0.5], [0.75, 0.25, 0.5, 0.25]]]]> : tensor<1x1x4x4xf32>} : () -> tensor<1x1x4x4xf32>
  %w1 = "tosa.const"() {values = dense<[[[[0.5, 0.25, -0.75, 0.0, 0.25, 1.0, 0.0, -0.5],
    [1.0, -0.5, 0.25, 0.75, -1.0, 0.5, 0.25, 1.0], [0.5, 1.0, -0.5, 0.25, 0.75, -1.0, 1.0, 0.5],
    [-0.25, 0.5, 1.0, -1.0, 0.5, 0.25, 0.75, -0.5]]]]> : tensor<1x1x4x8xf32>} : () -> tensor<1x1x4x8xf32>
  %k = "tosa.const"() {values = dense<3.0> : tensor<1x8x8x4xf32>} : () -> tensor<1x8x8x4xf32>
  %sum = lw.pointwise_conv_2d %x, %w0 residual %k
    : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>, tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> loc("sum")
  %mid = lw.pointwise_conv_2d %sum, %w0
    : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> loc("mid")
  %alone = lw.pointwise_conv_2d %k, %w1 {strides = array<i64: 8, 8>}
    : (tensor<1x8x8x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x1x1x8xf32> loc("alone")
  %end = lw.pointwise_conv_2d %mid, %w1 residual %alone {strides = array<i64: 8, 8>}
    : (tensor<1x8x8x4xf32>, tensor<1x1x4x8xf32>, tensor<1x1x1x8xf32>) -> tensor<1x1x1x8xf32> loc("end")
  return %end : tensor<1x1x1x8xf32>
}

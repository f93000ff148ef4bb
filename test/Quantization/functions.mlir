// A function of one tensor in several steps becomes one table, though the steps between,
// which nothing else reads, have no integers.
// RUN: %python %S/../Reconstruction/Inputs/samples.py %t.npy 64 8 8 4
// RUN: lwc %s -o %t.mlir --quiet --quantize=int8,always --calibrate=%t.npy
// RUN: FileCheck %s < %t.mlir
// RUN: lw-run %s --input %t.npy --output %t.f32.npy
// RUN: lw-run %t.mlir --input %t.npy --output %t.int8.npy
// RUN: %python %S/Inputs/compare.py %t.f32.npy %t.int8.npy 0.001

// CHECK: lw.pointwise_conv_2d
// CHECK-NOT: tosa.{{abs|add|reciprocal|mul|exp|log}}
// CHECK: lw.lookup
// CHECK-NOT: tosa.{{abs|add|reciprocal|mul|exp|log}}
// CHECK: lw.lookup
// CHECK-NOT: tosa.{{abs|add|reciprocal|mul|exp|log}}
// CHECK: lw.pointwise_conv_2d
func.func @main(%x: tensor<1x8x8x4xf32>) -> tensor<1x1x1x8xf32> {
  %w = "tosa.const"() {values = dense<[[[[0.25, -0.5, 0.75, 1.0, 0.125, 0.25, -0.25, 0.5],
    [0.5, 0.25, -0.75, 0.25, 0.5, -0.5, 0.25, 0.125], [-0.25, 0.75, 0.5, 0.5, -0.25, 0.25, 0.5, -1.0],
    [1.0, 0.5, 0.25, -0.25, 0.75, 0.5, -0.125, 0.25]]]]> : tensor<1x1x4x8xf32>} : () -> tensor<1x1x4x8xf32>
  %v = "tosa.const"() {values = dense<[[[[0.25, -0.5, 0.75, 1.0, 0.125, 0.25, -0.25, 0.5],
    [0.5, 0.25, -0.75, 0.25, 0.5, -0.5, 0.25, 0.125], [-0.25, 0.75, 0.5, 0.5, -0.25, 0.25, 0.5, -1.0],
    [1.0, 0.5, 0.25, -0.25, 0.75, 0.5, -0.125, 0.25]]]]> : tensor<1x1x4x8xf32>} : () -> tensor<1x1x4x8xf32>
  %one = "tosa.const"() {values = dense<1.0> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %begin = tosa.const_shape {values = dense<0> : tensor<4xindex>} : () -> !tosa.shape<4>
  %half = tosa.const_shape {values = dense<[1, 8, 8, 4]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %c = lw.pointwise_conv_2d %x, %w : (tensor<1x8x8x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x8x8x8xf32>
  // x / (1 + |x|)
  %abs = tosa.abs %c : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %more = tosa.add %abs, %one : (tensor<1x8x8x8xf32>, tensor<1x1x1x1xf32>) -> tensor<1x8x8x8xf32>
  %less = tosa.reciprocal %more : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %sign = tosa.mul %c, %less, %shift : (tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>, tensor<1xi8>) -> tensor<1x8x8x8xf32>
  %part = tosa.slice %sign, %begin, %half : (tensor<1x8x8x8xf32>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<1x8x8x4xf32>
  %d = lw.pointwise_conv_2d %part, %v : (tensor<1x8x8x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x8x8x8xf32>
  // log(1 + exp(x))
  %exp = tosa.exp %d : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %sum = tosa.add %exp, %one : (tensor<1x8x8x8xf32>, tensor<1x1x1x1xf32>) -> tensor<1x8x8x8xf32>
  %plus = tosa.log %sum : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %rest = tosa.slice %plus, %begin, %half : (tensor<1x8x8x8xf32>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<1x8x8x4xf32>
  %y = lw.pointwise_conv_2d %rest, %w {strides = array<i64: 8, 8>} : (tensor<1x8x8x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x1x1x8xf32>
  return %y : tensor<1x1x1x8xf32>
}

// The first channel between the layers is a thousand times the others, which
// count as much: with one range for all, their integers would be zeros. Scaled
// channels use them all, through relu and residual.
//
// RUN: %python %S/../Reconstruction/Inputs/samples.py %t.npy 64 8 8 4
// RUN: lw-run %s --input %t.npy --output %t.f32.npy
// RUN: lw-run %s --input %t.npy --output %t.yes.npy --quantize=int8 --calibrate=%t.npy
// RUN: %python %S/Inputs/compare.py %t.f32.npy %t.yes.npy 0.001
// RUN: lw-run %s --input %t.npy --output %t.no.npy --quantize=int8,equalize=no --calibrate=%t.npy
// RUN: not %python %S/Inputs/compare.py %t.f32.npy %t.no.npy 0.1

func.func @main(%x: tensor<1x8x8x4xf32>) -> tensor<1x1x1x8xf32> {
  %w0 = "tosa.const"() {values = dense<[[[[1000.0, 0.5, -1.0, 0.25], [-500.0, 1.0, 0.5, -0.75],
    [250.0, -0.5, 1.0, 0.5], [750.0, 0.25, 0.5, 1.0]]]]> : tensor<1x1x4x4xf32>} : () -> tensor<1x1x4x4xf32>
  %w1 = "tosa.const"() {values = dense<[[[[0.5, 0.0005, 0.001, 0.0], [100.0, 1.0, 0.5, -0.5],
    [-200.0, 0.5, 1.0, 0.25], [300.0, -0.25, 0.75, 0.5]]]]> : tensor<1x1x4x4xf32>} : () -> tensor<1x1x4x4xf32>
  %w2 = "tosa.const"() {values = dense<[[[[0.001, 0.0005, -0.00075, 0.0, 0.00025, 0.001, 0.0, -0.0005],
    [1.0, -0.5, 0.25, 0.75, -1.0, 0.5, 0.25, 1.0], [0.5, 1.0, -0.5, 0.25, 0.75, -1.0, 1.0, 0.5],
    [-0.25, 0.5, 1.0, -1.0, 0.5, 0.25, 0.75, -0.5]]]]> : tensor<1x1x4x8xf32>} : () -> tensor<1x1x4x8xf32>
  %b = "tosa.const"() {values = dense<[100.0, 0.25, -0.125, 0.5]> : tensor<4xf32>} : () -> tensor<4xf32>
  %0 = lw.pointwise_conv_2d %x, %w0 bias %b {activation = #lw.act<relu>}
    : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>, tensor<4xf32>) -> tensor<1x8x8x4xf32> loc("first")
  %1 = lw.pointwise_conv_2d %0, %w1 residual %0 {activation = #lw.act<relu>}
    : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>, tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> loc("second")
  %2 = lw.pointwise_conv_2d %1, %w2 {strides = array<i64: 8, 8>}
    : (tensor<1x8x8x4xf32>, tensor<1x1x4x8xf32>) -> tensor<1x1x1x8xf32> loc("last")
  return %2 : tensor<1x1x1x8xf32>
}

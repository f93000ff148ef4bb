// RUN: lw-opt %s --lw-make-separable="report=none layers=conv" --split-input-file --verify-diagnostics

func.func @nan(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32> {
  %w = "tosa.const"() {values = dense<0x7FC00000> : tensor<3x3x1x1xf32>} : () -> tensor<3x3x1x1xf32>
  // expected-error@unknown {{layer 'conv' has a weight that is not finite (NaN or infinite)}}
  %y = lw.conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x1xf32>, tensor<3x3x1x1xf32>) -> tensor<1x4x4x1xf32> loc("conv")
  return %y : tensor<1x4x4x1xf32>
}

// -----

// expected-error @+1 {{the function has no standard convolution named 'conv' to select; the standard convolutions are lw.conv_2d#0}}
func.func @unknown_layer(%x: tensor<1x4x4x1xf32>, %w: tensor<3x3x1x1xf32>) -> tensor<1x4x4x1xf32> {
  %y = lw.conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x1xf32>, tensor<3x3x1x1xf32>) -> tensor<1x4x4x1xf32>
  return %y : tensor<1x4x4x1xf32>
}

// Weights of 1e-30, of which the layer after makes ordinary numbers again.
func.func @main(%x: tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> {
  %w = "tosa.const"() {values = dense<[[[[0.5e-30, 0.25e-30, -1.0e-30, 0.25e-30], [-0.5e-30, 1.0e-30, 0.5e-30, -0.75e-30],
    [0.25e-30, -0.5e-30, 1.0e-30, 0.5e-30], [0.75e-30, 0.25e-30, 0.5e-30, 1.0e-30]]]]> : tensor<1x1x4x4xf32>} : () -> tensor<1x1x4x4xf32>
  %v = "tosa.const"() {values = dense<[[[[0.5e30, 0.25e30, -1.0e30, 0.25e30], [-0.5e30, 1.0e30, 0.5e30, -0.75e30],
    [0.25e30, -0.5e30, 1.0e30, 0.5e30], [0.75e30, 0.25e30, 0.5e30, 1.0e30]]]]> : tensor<1x1x4x4xf32>} : () -> tensor<1x1x4x4xf32>
  %0 = lw.pointwise_conv_2d %x, %w
    : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> loc("first")
  %1 = tosa.tanh %0 : (tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> loc("bent")
  %2 = lw.pointwise_conv_2d %1, %v
    : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> loc("last")
  return %2 : tensor<1x8x8x4xf32>
}

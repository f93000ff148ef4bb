// Values of 1e30: their scale times that of weights is more than sums may be multiplied by.
func.func @main(%x: tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> {
  %w = "tosa.const"() {values = dense<[[[[0.5, 0.25, -1.0, 0.25], [-0.5, 1.0, 0.5, -0.75],
    [0.25, -0.5, 1.0, 0.5], [0.75, 0.25, 0.5, 1.0]]]]> : tensor<1x1x4x4xf32>} : () -> tensor<1x1x4x4xf32>
  %large = "tosa.const"() {values = dense<1.0e30> : tensor<4xf32>} : () -> tensor<4xf32>
  %0 = lw.pointwise_conv_2d %x, %w bias %large
    : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>, tensor<4xf32>) -> tensor<1x8x8x4xf32> loc("first")
  %1 = lw.pointwise_conv_2d %0, %w
    : (tensor<1x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x8x8x4xf32> loc("last")
  return %1 : tensor<1x8x8x4xf32>
}

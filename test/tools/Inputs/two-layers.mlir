func.func @main(%x: tensor<1x4x4x4xf32>) -> tensor<1x4x4x1xf32> {
  %v = "tosa.const"() {values = dense<0.5> : tensor<1x1x4x16xf32>} : () -> tensor<1x1x4x16xf32>
  %w = "tosa.const"() {values = dense<0.25> : tensor<3x3x16x1xf32>} : () -> tensor<3x3x16x1xf32>
  %a = lw.pointwise_conv_2d %x, %v : (tensor<1x4x4x4xf32>, tensor<1x1x4x16xf32>) -> tensor<1x4x4x16xf32>
  %b = lw.conv_2d %a, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x16xf32>, tensor<3x3x16x1xf32>) -> tensor<1x4x4x1xf32>
  return %b : tensor<1x4x4x1xf32>
}

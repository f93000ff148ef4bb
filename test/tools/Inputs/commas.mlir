func.func @main(%x: tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32> {
  %w = "tosa.const"() {values = dense<0.25> : tensor<3x3x4x4xf32>} : () -> tensor<3x3x4x4xf32>
  %a = lw.conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x4x4x4xf32> loc("a, b=c")
  %b = lw.conv_2d %a, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x4x4x4xf32> loc("d,e")
  %c = lw.conv_2d %b, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x4x4x4xf32> loc("plain")
  return %c : tensor<1x4x4x4xf32>
}

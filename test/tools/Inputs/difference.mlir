func.func @main(%a: tensor<1x3xf32> {lw.name = "first"}, %b: tensor<1x3xf32> {lw.name = "second"}) -> tensor<1x3xf32> {
  %d = tosa.sub %a, %b : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<1x3xf32>
  return %d : tensor<1x3xf32>
}

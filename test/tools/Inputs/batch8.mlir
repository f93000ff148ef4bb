// y = 2 x, for eight samples at a time.
func.func @main(%x: tensor<8x4xf32> {lw.name = "x"}) -> (tensor<8x4xf32> {lw.name = "scores"}) {
  %y = tosa.add %x, %x : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

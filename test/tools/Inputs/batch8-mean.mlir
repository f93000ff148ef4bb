// One sum of eight samples.
func.func @main(%x: tensor<8x4xf32> {lw.name = "x"}) -> (tensor<1x4xf32> {lw.name = "mean"}) {
  %y = tosa.reduce_sum %x {axis = 0 : i32} : (tensor<8x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// y = 2 x, in a layout where channels come first.
func.func @main(%x: tensor<1x3x2x2xf32> {lw.name = "image"}) -> (tensor<1x12xf32> {lw.name = "scores"}) {
  %two = "tosa.const"() {values = dense<2.0> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %y = tosa.mul %x, %two, %shift : (tensor<1x3x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1xi8>) -> tensor<1x3x2x2xf32>
  %s = tosa.const_shape {values = dense<[1, 12]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %o = tosa.reshape %y, %s : (tensor<1x3x2x2xf32>, !tosa.shape<2>) -> tensor<1x12xf32>
  return %o : tensor<1x12xf32>
}

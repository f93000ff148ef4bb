// Two scores that have operations without a kernel: their sines, and exp(x) / sum.
func.func @main(%x: tensor<1x16xf32> {lw.name = "x"}) -> (tensor<1x16xf32> {lw.name = "y"}) {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %s = tosa.sin %x : (tensor<1x16xf32>) -> tensor<1x16xf32>
  %e = tosa.exp %s : (tensor<1x16xf32>) -> tensor<1x16xf32>
  %sum = tosa.reduce_sum %e {axis = 1 : i32} : (tensor<1x16xf32>) -> tensor<1x1xf32>
  %r = tosa.reciprocal %sum : (tensor<1x1xf32>) -> tensor<1x1xf32>
  %y = tosa.mul %e, %r, %shift : (tensor<1x16xf32>, tensor<1x1xf32>, tensor<1xi8>) -> tensor<1x16xf32>
  return %y : tensor<1x16xf32>
}

// Values of other types than f32, between layers and at the edges.
func.func @main(%x: tensor<2x3xf32> {lw.name = "x"}, %i: tensor<2x3xi64> {lw.name = "i"})
    -> (tensor<2x3xi8> {lw.name = "bytes"}, tensor<2x3xi64> {lw.name = "twice"}, tensor<2x3xf32> {lw.name = "sum"}, tensor<3xi64> {lw.name = "constant"}) {
  %b = tosa.cast %x : (tensor<2x3xf32>) -> tensor<2x3xi8>
  %e = tensor.empty() : tensor<2x3xi64>
  %j = linalg.add ins(%i, %i : tensor<2x3xi64>, tensor<2x3xi64>) outs(%e : tensor<2x3xi64>) -> tensor<2x3xi64>
  %ef = tensor.empty() : tensor<2x3xf32>
  %f = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]}
      ins(%j : tensor<2x3xi64>) outs(%ef : tensor<2x3xf32>) {
  ^bb0(%a: i64, %o: f32):
    %n = arith.sitofp %a : i64 to f32
    linalg.yield %n : f32
  } -> tensor<2x3xf32>
  %s = tosa.add %x, %f : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %k = arith.constant dense<[7, -8, 9000000000]> : tensor<3xi64>
  return %b, %j, %s, %k : tensor<2x3xi8>, tensor<2x3xi64>, tensor<2x3xf32>, tensor<3xi64>
}

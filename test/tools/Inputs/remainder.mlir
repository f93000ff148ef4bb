// A remainder, for which no processor has an instruction.
func.func @main(%x: tensor<16xf64>) -> tensor<16xf64> {
  %e = tensor.empty() : tensor<16xf64>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<16xf64>) outs(%e : tensor<16xf64>) {
  ^bb0(%a: f64, %b: f64):
    %c = arith.constant 3.0 : f64
    %r = arith.remf %a, %c : f64 loc("rest")
    linalg.yield %r : f64
  } -> tensor<16xf64>
  return %y : tensor<16xf64>
}

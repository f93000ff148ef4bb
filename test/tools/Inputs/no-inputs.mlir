func.func @main() -> (tensor<3xf32> {lw.name = "constant"}) {
  %c = "tosa.const"() {values = dense<[1.0, 2.0, 4.0]> : tensor<3xf32>} : () -> tensor<3xf32>
  return %c : tensor<3xf32>
}

// RUN: lw-opt %s --lw-record-entry --split-input-file --verify-diagnostics

// expected-error @below {{expected a public function @main with a body}}
module {
  func.func @other(%x: tensor<1xf32>) -> tensor<1xf32> {
    return %x : tensor<1xf32>
  }
}

// -----

// expected-error @below {{expected input 0 to be a tensor of static shape with float or integer elements of whole bytes, found 'tensor<?xf32>'}}
func.func @main(%x: tensor<?xf32>) {
  return
}

// -----

// expected-error @below {{expected output 0 to be a tensor of static shape with float or integer elements of whole bytes, found 'tensor<2xi1>'}}
func.func @main() -> tensor<2xi1> {
  %0 = arith.constant dense<true> : tensor<2xi1>
  return %0 : tensor<2xi1>
}

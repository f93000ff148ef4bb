// RUN: lw-opt %s --lw-set-target --lw-select-kernels -split-input-file -verify-diagnostics

// What kernels cannot compute is said before anything is chosen.

func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  // expected-error @+1 {{'tosa.cast' op result is 'tensor<1x4xi4>', buffers hold tensors of static shape whose elements are numbers of 8, 16, 32 or 64 bits; cast it or compile with --reference}}
  %i = tosa.cast %x : (tensor<1x4xf32>) -> tensor<1x4xi4>
  %y = tosa.cast %i : (tensor<1x4xi4>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// -----

func.func @main(%x: tensor<1x4xf32>) -> tensor<1x2xi1> {
  %k = arith.constant dense<[[true, false]]> : tensor<1x2xi1>
  // expected-error @+1 {{'func.return' op operand 0 is 'tensor<1x2xi1>'}}
  return %k : tensor<1x2xi1>
}

// -----

// expected-error @+1 {{'func.func' op argument 1 is 'tensor<4xindex>'}}
func.func @main(%x: tensor<1x4xf32>, %i: tensor<4xindex>) -> tensor<1x4xf32> {
  return %x : tensor<1x4xf32>
}

// -----

func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %e = tensor.empty() : tensor<1x4xf32>
  // expected-error @+1 {{'tosa.add' op operand 1 is an empty tensor, whose elements are not defined; fill it first}}
  %y = tosa.add %x, %e : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// -----

func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %k = arith.constant dense_resource<__elided__> : tensor<1x4xf32>
  // expected-error @+1 {{'tosa.add' op operand 1 is a constant without data, as printing with elided attributes leaves it; write the module in full}}
  %y = tosa.add %x, %k : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// -----

func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  // expected-error @+1 {{'scf.for' op expects operations with one result; compile with --reference}}
  %y:2 = scf.for %i = %zero to %one step %one iter_args(%a = %x, %b = %x) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
    scf.yield %b, %a : tensor<1x4xf32>, tensor<1x4xf32>
  }
  return %y#0 : tensor<1x4xf32>
}

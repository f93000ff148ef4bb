// Places of values: --lw-verify-kernels checks them once they are there,
// --lw-emit-kernels asks for them.
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-verify-kernels -split-input-file -verify-diagnostics

func.func @main(%x: tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32> {
  // expected-note @+1 {{this one}}
  %a = tosa.abs %x {lw.kernel = #lw.elementwise, lw.buffer = #lw.buffer<offset = 0, bytes = 1024>} : (tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32>
  // expected-error @+1 {{overlaps in memory with a value that lives at the same time: bytes 1016 to 2040 with 0 to 1024}}
  %b = tosa.floor %a {lw.kernel = #lw.elementwise, lw.buffer = #lw.buffer<offset = 1016, bytes = 1024>} : (tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32>
  return %b : tensor<1x4x4x16xf32>
}

// -----

// A value lives as long as what is read through its alias.
func.func @main(%x: tensor<1x4x4x16xf32>) -> (tensor<1x256xf32>, tensor<1x4x4x16xf32>) {
  %shape = tosa.const_shape {values = dense<[1, 256]> : tensor<2xindex>} : () -> !tosa.shape<2>
  // expected-note @+1 {{this one}}
  %a = tosa.abs %x {lw.kernel = #lw.elementwise, lw.buffer = #lw.buffer<offset = 0, bytes = 1024>} : (tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32>
  %r = tosa.reshape %a, %shape {lw.kernel = #lw.alias, lw.buffer = #lw.buffer<offset = 0, bytes = 1024>} : (tensor<1x4x4x16xf32>, !tosa.shape<2>) -> tensor<1x256xf32>
  // expected-error @+1 {{overlaps in memory with a value that lives at the same time}}
  %b = tosa.floor %x {lw.kernel = #lw.elementwise, lw.buffer = #lw.buffer<offset = 0, bytes = 1024>} : (tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32>
  return %r, %b : tensor<1x256xf32>, tensor<1x4x4x16xf32>
}

// -----

func.func @main(%x: tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32> {
  %a = tosa.abs %x {lw.kernel = #lw.elementwise, lw.buffer = #lw.buffer<offset = 0, bytes = 1024>} : (tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32>
  // expected-error @+1 {{has no place in memory; run --lw-plan-memory first}}
  %b = tosa.floor %a {lw.kernel = #lw.elementwise} : (tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32>
  return %b : tensor<1x4x4x16xf32>
}

// -----

func.func @main(%x: tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32> {
  // expected-error @+1 {{needs 1024 bytes, its place has 512}}
  %a = tosa.abs %x {lw.kernel = #lw.elementwise, lw.buffer = #lw.buffer<offset = 0, bytes = 512>} : (tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32>
  return %a : tensor<1x4x4x16xf32>
}

// -----

func.func @main(%x: tensor<1x4x4x16xf32>) -> tensor<1x256xf32> {
  %shape = tosa.const_shape {values = dense<[1, 256]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %a = tosa.abs %x {lw.kernel = #lw.elementwise, lw.buffer = #lw.buffer<offset = 0, bytes = 1024>} : (tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32>
  // expected-error @+1 {{is an alias, but does not lie where its operand does}}
  %r = tosa.reshape %a, %shape {lw.kernel = #lw.alias, lw.buffer = #lw.buffer<offset = 1024, bytes = 1024>} : (tensor<1x4x4x16xf32>, !tosa.shape<2>) -> tensor<1x256xf32>
  return %r : tensor<1x256xf32>
}

// RUN: lw-opt %s --split-input-file --verify-diagnostics

func.func @directions(%x: tensor<5x1x8xf32>, %r: tensor<2x8x8xf32>) -> tensor<5x1x1x8xf32> {
  // expected-error @+1 {{expects weights of 1 direction(s), found 'tensor<2x8x8xf32>'}}
  %y = lw.recurrent rnn forward %x, %r {activations = ["tanh"], alphas = array<f32: 0.0>, betas = array<f32: 0.0>}
       : (tensor<5x1x8xf32>, tensor<2x8x8xf32>) -> tensor<5x1x1x8xf32>
  return %y : tensor<5x1x1x8xf32>
}

// -----

func.func @gates(%x: tensor<5x1x16xf32>, %r: tensor<1x8x8xf32>) -> tensor<5x1x1x8xf32> {
  // expected-error @+1 {{expects projected of type 'tensor<5x1x8xf32>', found 'tensor<5x1x16xf32>'}}
  %y = lw.recurrent rnn forward %x, %r {activations = ["tanh"], alphas = array<f32: 0.0>, betas = array<f32: 0.0>}
       : (tensor<5x1x16xf32>, tensor<1x8x8xf32>) -> tensor<5x1x1x8xf32>
  return %y : tensor<5x1x1x8xf32>
}

// -----

func.func @result(%x: tensor<5x1x8xf32>, %r: tensor<1x8x8xf32>) -> tensor<6x1x1x8xf32> {
  // expected-error @+1 {{expects a result of type 'tensor<5x1x1x8xf32>', found 'tensor<6x1x1x8xf32>'}}
  %y = lw.recurrent rnn forward %x, %r {activations = ["tanh"], alphas = array<f32: 0.0>, betas = array<f32: 0.0>}
       : (tensor<5x1x8xf32>, tensor<1x8x8xf32>) -> tensor<6x1x1x8xf32>
  return %y : tensor<6x1x1x8xf32>
}

// -----

func.func @cell(%x: tensor<5x1x8xf32>, %r: tensor<1x8x8xf32>) -> tensor<6x1x1x8xf32> {
  // expected-error @+1 {{only lstm has a cell, peepholes and input_forget}}
  %y = lw.recurrent rnn forward %x, %r {activations = ["tanh"], alphas = array<f32: 0.0>, betas = array<f32: 0.0>, with_cell}
       : (tensor<5x1x8xf32>, tensor<1x8x8xf32>) -> tensor<6x1x1x8xf32>
  return %y : tensor<6x1x1x8xf32>
}

// -----

func.func @activations(%x: tensor<5x1x8xf32>, %r: tensor<1x8x8xf32>) -> tensor<5x1x1x8xf32> {
  // expected-error @+1 {{does not know the activation "gelu"}}
  %y = lw.recurrent rnn forward %x, %r {activations = ["gelu"], alphas = array<f32: 0.0>, betas = array<f32: 0.0>}
       : (tensor<5x1x8xf32>, tensor<1x8x8xf32>) -> tensor<5x1x1x8xf32>
  return %y : tensor<5x1x1x8xf32>
}

// -----

func.func @scales(%x: tensor<5x1x8xf32>, %r: tensor<1x8x8xi8>) -> tensor<5x1x1x8xf32> {
  // expected-error @+1 {{expects scales where weights are i8, and only there}}
  %y = lw.recurrent rnn forward %x, %r {activations = ["tanh"], alphas = array<f32: 0.0>, betas = array<f32: 0.0>}
       : (tensor<5x1x8xf32>, tensor<1x8x8xi8>) -> tensor<5x1x1x8xf32>
  return %y : tensor<5x1x1x8xf32>
}

// -----

func.func @columns(%x: tensor<5x1x8xf32>, %r: tensor<1x8x8xi8>, %s: tensor<1x1xf32>) -> tensor<5x1x1x8xf32> {
  // expected-error @+1 {{expects scales of type 'tensor<1x8xf32>', found 'tensor<1x1xf32>'}}
  %y = lw.recurrent rnn forward %x, %r scales %s {activations = ["tanh"], alphas = array<f32: 0.0>, betas = array<f32: 0.0>}
       : (tensor<5x1x8xf32>, tensor<1x8x8xi8>, tensor<1x1xf32>) -> tensor<5x1x1x8xf32>
  return %y : tensor<5x1x1x8xf32>
}

// -----

func.func @zero_points(%x: tensor<5x1x8xf32>, %r: tensor<1x8x8xi8>, %s: tensor<1x8xf32>) -> tensor<5x1x1x8xf32> {
  // expected-error @+1 {{expects zero_points from -128 to 127, found 128}}
  %y = lw.recurrent rnn forward %x, %r scales %s {activations = ["tanh"], alphas = array<f32: 0.0>, betas = array<f32: 0.0>,
         zero_points = array<i32: 128>}
       : (tensor<5x1x8xf32>, tensor<1x8x8xi8>, tensor<1x8xf32>) -> tensor<5x1x1x8xf32>
  return %y : tensor<5x1x1x8xf32>
}

// RUN: lw-opt %s --split-input-file --verify-diagnostics

func.func @order(%a: tensor<1x3x4x6xf32>) -> tensor<1x6x8x3xf32> {
  // expected-error @below {{expects an order of groups from 0 to 1, found 2}}
  %0 = lw.interleave %a {order = array<i64: 2, 0, 0, 1>, strides = array<i64: 2, 2>}
      : (tensor<1x3x4x6xf32>) -> tensor<1x6x8x3xf32>
  return %0 : tensor<1x6x8x3xf32>
}

// -----

func.func @pixels(%a: tensor<1x3x4x6xf32>) -> tensor<1x6x9x3xf32> {
  // expected-error @below {{expects a result of 1x6x8 pixels}}
  %0 = lw.interleave %a {order = array<i64: 0, 0, 0, 1>, strides = array<i64: 2, 2>}
      : (tensor<1x3x4x6xf32>) -> tensor<1x6x9x3xf32>
  return %0 : tensor<1x6x9x3xf32>
}

// -----

func.func @channels(%a: tensor<1x3x4x5xf32>) -> tensor<1x6x8x3xf32> {
  // expected-error @below {{expects channels (5) to be divisible by those of the result (3)}}
  %0 = lw.interleave %a {order = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>}
      : (tensor<1x3x4x5xf32>) -> tensor<1x6x8x3xf32>
  return %0 : tensor<1x6x8x3xf32>
}

// -----

func.func @indices(%a: tensor<4x3xf32>) -> tensor<4x2xf32> {
  // expected-error @below {{expects indices from 0 to 2, found 3}}
  %0 = lw.interpolate %a {axis = 1 : i64, indices = array<i32: 0, 3>, weights = array<f32>}
      : (tensor<4x3xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

func.func @sums(%a: tensor<4x3xf32>) -> tensor<4x2xf32> {
  // expected-error @below {{expects weights for sums of several elements}}
  %0 = lw.interpolate %a {axis = 1 : i64, indices = array<i32: 0, 1, 1, 2>, weights = array<f32>}
      : (tensor<4x3xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

func.func @integers(%a: tensor<4x3xi8>) -> tensor<4x2xi8> {
  // expected-error @below {{expects weights for floats only}}
  %0 = lw.interpolate %a {axis = 1 : i64, indices = array<i32: 0, 1>, weights = array<f32: 1.0, 1.0>}
      : (tensor<4x3xi8>) -> tensor<4x2xi8>
  return %0 : tensor<4x2xi8>
}

// -----

func.func @axis(%a: tensor<4x3xf32>) -> tensor<4x2xf32> {
  // expected-error @below {{expects shapes that differ in dimension 0 only}}
  %0 = lw.interpolate %a {axis = 0 : i64, indices = array<i32: 0, 1, 2, 3>, weights = array<f32>}
      : (tensor<4x3xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// -----

func.func @body(%a: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expects a body whose arguments have the types of the inputs}}
  %0 = lw.elementwise %a : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%x: tensor<5xf32>):
    lw.yield %x : tensor<5xf32>
  }
  return %0 : tensor<4xf32>
}

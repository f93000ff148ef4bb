// RUN: lw-opt %s --split-input-file --verify-diagnostics

func.func @axis(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expects 'axis' to be a dimension of 'tensor<2x3xf32>', found 2}}
  %0 = lw.softmax %x {axis = 2 : i64} : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @unranked(%x: tensor<*xf32>) -> tensor<*xf32> {
  // expected-error @+1 {{expects a ranked tensor}}
  %0 = lw.softmax %x {axis = 0 : i64} : tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @none(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expects at least one axis}}
  %0 = lw.normalize %x {axes = array<i64>, epsilon = 0.0 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @order(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expects 'axes' to be dimensions of 'tensor<2x3xf32>' in ascending order, found 0}}
  %0 = lw.normalize %x {axes = array<i64: 1, 0>, epsilon = 0.0 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @epsilon(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expects 'epsilon' to be a number that is not negative}}
  %0 = lw.normalize %x {axes = array<i64: 1>, epsilon = -1.0 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @scale(%x: tensor<2x3xf32>, %s: tensor<1x2xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expects 'scale' to broadcast to 'tensor<2x3xf32>' dimension by dimension, found 'tensor<1x2xf32>'}}
  %0 = lw.normalize %x scale %s {axes = array<i64: 1>, epsilon = 0.0 : f32} : (tensor<2x3xf32>, tensor<1x2xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @bias(%x: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expects 'bias' to broadcast to 'tensor<2x3xf32>' dimension by dimension, found 'tensor<3xf32>'}}
  %0 = lw.normalize %x bias %b {axes = array<i64: 1>, epsilon = 0.0 : f32} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

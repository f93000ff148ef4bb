// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-verify-kernels -split-input-file -verify-diagnostics

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x16xf32>} : () -> tensor<1x1x16x16xf32>
  // expected-error @+1 {{tile needs 33 vector registers, x86-64-v4 has 32}}
  %y = lw.pointwise_conv_2d %x, %w {lw.kernel = #lw.kernel<gemm, tile = [1, 7, 4], taps = 1, vector = 16, order = rows>} : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32>
  return %y : tensor<1x8x8x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x16x16xf32>} : () -> tensor<3x3x16x16xf32>
  // expected-error @+1 {{expects a top halo of at least the padding (1), found 0}}
  %y = lw.conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>, lw.kernel = #lw.kernel<gemm, tile = [1, 8, 1], taps = 1, vector = 16, order = rows>} : (tensor<1x8x8x16xf32>, tensor<3x3x16x16xf32>) -> tensor<1x8x8x16xf32>
  return %y : tensor<1x8x8x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x6x6x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x16x16xf32>} : () -> tensor<3x3x16x16xf32>
  // expected-error @+1 {{expects taps to be 1 or the filter's width (3), found 2}}
  %y = lw.conv_2d %x, %w {lw.kernel = #lw.kernel<gemm, tile = [1, 6, 1], taps = 2, vector = 16, order = rows>} : (tensor<1x8x8x16xf32>, tensor<3x3x16x16xf32>) -> tensor<1x6x6x16xf32>
  return %y : tensor<1x6x6x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x32xf32>) -> tensor<1x6x6x32xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x32x1xf32>} : () -> tensor<3x3x32x1xf32>
  // expected-error @+1 {{expects an input block of one vector (16), found 32}}
  %y = lw.depthwise_conv_2d %x, %w {lw.kernel = #lw.kernel<depthwise, tile = [1, 6, 1], taps = 1, vector = 16, order = rows>} : (tensor<1x8x8x32xf32>, tensor<3x3x32x1xf32>) -> tensor<1x6x6x32xf32>
  return %y : tensor<1x6x6x32xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  // expected-error @+1 {{expects vectors of 16 elements for x86-64-v4, found 8}}
  %y = tosa.abs %x {lw.kernel = #lw.kernel<elementwise, tile = [1, 1, 1], taps = 1, vector = 8, order = rows>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32>
  return %y : tensor<1x8x8x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x1x8x16xf32> {
  // expected-error @+1 {{has no elementwise kernel for this operation}}
  %y = tosa.reduce_max %x {axis = 1 : i32, lw.kernel = #lw.kernel<elementwise, tile = [1, 1, 1], taps = 1, vector = 16, order = rows>} : (tensor<1x8x8x16xf32>) -> tensor<1x1x8x16xf32>
  return %y : tensor<1x1x8x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x16xf32>} : () -> tensor<1x1x16x16xf32>
  // expected-error @+1 {{has no winograd kernel for this operation}}
  %y = lw.pointwise_conv_2d %x, %w {lw.kernel = #lw.kernel<winograd, tile = [1, 4, 1], taps = 1, vector = 16, order = rows, winograd = [4, 1, 1, 1]>} : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32>
  return %y : tensor<1x8x8x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x6x6x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x16x16xf32>} : () -> tensor<3x3x16x16xf32>
  // expected-error @+1 {{expects winograd = [2 or 4, rows, vectors, threads]}}
  %y = lw.conv_2d %x, %w {lw.kernel = #lw.kernel<winograd, tile = [1, 4, 1], taps = 1, vector = 16, order = rows, winograd = [3, 1, 1, 1]>} : (tensor<1x8x8x16xf32>, tensor<3x3x16x16xf32>) -> tensor<1x6x6x16xf32>
  return %y : tensor<1x6x6x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x6x6x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x16x16xf32>} : () -> tensor<3x3x16x16xf32>
  // expected-error @+1 {{expects a divisor of the 3 rows of tiles and of the 1 vectors of output channels, found 2 and 1}}
  %y = lw.conv_2d %x, %w {lw.kernel = #lw.kernel<winograd, tile = [1, 4, 1], taps = 1, vector = 16, order = rows, winograd = [2, 2, 1, 1]>} : (tensor<1x8x8x16xf32>, tensor<3x3x16x16xf32>) -> tensor<1x6x6x16xf32>
  return %y : tensor<1x6x6x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x6x6x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x16x16xf32>} : () -> tensor<3x3x16x16xf32>
  // expected-error @+1 {{expects a halo of at least 2 for whole tiles, found 0}}
  %y = lw.conv_2d %x, %w {lw.kernel = #lw.kernel<winograd, tile = [1, 4, 1], taps = 1, vector = 16, order = rows, winograd = [4, 1, 1, 1]>} : (tensor<1x8x8x16xf32>, tensor<3x3x16x16xf32>) -> tensor<1x6x6x16xf32>
  return %y : tensor<1x6x6x16xf32>
}

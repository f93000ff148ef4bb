// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-verify-kernels -split-input-file -verify-diagnostics

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x16xf32>} : () -> tensor<1x1x16x16xf32>
  // expected-error @+1 {{tile needs 33 vector registers, x86-64-v4 has 32}}
  %y = lw.pointwise_conv_2d %x, %w {lw.kernel = #lw.gemm<tile = [1, 7, 4], taps = 1, order = rows>} : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32>
  return %y : tensor<1x8x8x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x16x16xf32>} : () -> tensor<3x3x16x16xf32>
  // expected-error @+1 {{expects a top halo of at least 1 around its input, found 0}}
  %y = lw.conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>, lw.kernel = #lw.gemm<tile = [1, 8, 1], taps = 1, order = rows>} : (tensor<1x8x8x16xf32>, tensor<3x3x16x16xf32>) -> tensor<1x8x8x16xf32>
  return %y : tensor<1x8x8x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x6x6x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x16x16xf32>} : () -> tensor<3x3x16x16xf32>
  // expected-error @+1 {{expects taps to be 1 or the filter's width (3), found 2}}
  %y = lw.conv_2d %x, %w {lw.kernel = #lw.gemm<tile = [1, 6, 1], taps = 2, order = rows>} : (tensor<1x8x8x16xf32>, tensor<3x3x16x16xf32>) -> tensor<1x6x6x16xf32>
  return %y : tensor<1x6x6x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x32xf32>) -> tensor<1x6x6x32xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x32x1xf32>} : () -> tensor<3x3x32x1xf32>
  // expected-error @+1 {{expects an input block of one vector (16), found 32}}
  %y = lw.depthwise_conv_2d %x, %w {lw.kernel = #lw.depthwise<tile = [1, 6]>} : (tensor<1x8x8x32xf32>, tensor<3x3x32x1xf32>) -> tensor<1x6x6x32xf32>
  return %y : tensor<1x6x6x32xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  // expected-error @+1 {{expects operand 0 in blocks of 8, found 16}}
  %y = tosa.abs %x {lw.kernel = #lw.elementwise, lw.layout = #lw.layout<block = 8, halo = [0, 0, 0, 0]>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32>
  return %y : tensor<1x8x8x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x1x8x16xf32> {
  // expected-error @+1 {{has no elementwise kernel for this operation}}
  %y = tosa.reduce_max %x {axis = 1 : i32, lw.kernel = #lw.elementwise} : (tensor<1x8x8x16xf32>) -> tensor<1x1x8x16xf32>
  return %y : tensor<1x1x8x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x16xf32>} : () -> tensor<1x1x16x16xf32>
  // expected-error @+1 {{has no winograd kernel for this operation}}
  %y = lw.pointwise_conv_2d %x, %w {lw.kernel = #lw.winograd<outputs = 4, rows = 1, vectors = 1, threads = 1, tile = [4, 1], order = rows>} : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32>
  return %y : tensor<1x8x8x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x6x6x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x16x16xf32>} : () -> tensor<3x3x16x16xf32>
  // expected-error @+1 {{expects a divisor of the 3 rows of tiles and of the 1 vectors of output channels, found 2 and 1}}
  %y = lw.conv_2d %x, %w {lw.kernel = #lw.winograd<outputs = 2, rows = 2, vectors = 1, threads = 1, tile = [4, 1], order = rows>} : (tensor<1x8x8x16xf32>, tensor<3x3x16x16xf32>) -> tensor<1x6x6x16xf32>
  return %y : tensor<1x6x6x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x6x6x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x16x16xf32>} : () -> tensor<3x3x16x16xf32>
  // expected-error @+1 {{expects a bottom halo of at least 2 around its input, found 0}}
  %y = lw.conv_2d %x, %w {lw.kernel = #lw.winograd<outputs = 4, rows = 1, vectors = 1, threads = 1, tile = [4, 1], order = rows>} : (tensor<1x8x8x16xf32>, tensor<3x3x16x16xf32>) -> tensor<1x6x6x16xf32>
  return %y : tensor<1x6x6x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x4x4x16xf32> {
  %a = tosa.abs %x {lw.kernel = #lw.reference} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32>
  %b = lw.convert_layout %a {lw.kernel = #lw.copy, lw.layout = #lw.layout<block = 8, halo = [0, 0, 0, 0]>} : tensor<1x8x8x16xf32>
  // expected-error @+1 {{expects an input block of one vector (16), found 8}}
  %y = tosa.max_pool2d %b {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>, lw.kernel = #lw.pool} : (tensor<1x8x8x16xf32>) -> tensor<1x4x4x16xf32>
  return %y : tensor<1x4x4x16xf32>
}

// -----

func.func @main(%x: tensor<1x8x8x16xf32>, %r: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x16xf32>} : () -> tensor<1x1x16x16xf32>
  %a = lw.convert_layout %r {lw.kernel = #lw.copy, lw.layout = #lw.layout<block = 8, halo = [0, 0, 0, 0]>} : tensor<1x8x8x16xf32>
  // expected-error @+1 {{expects the residual in blocks of one vector (16) or row-major, found a block of 8}}
  %y = lw.pointwise_conv_2d %x, %w residual %a {lw.kernel = #lw.gemm<tile = [1, 8, 1], taps = 1, order = rows>} : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>, tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32>
  return %y : tensor<1x8x8x16xf32>
}

// -----

func.func @main(%x: tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32> {
  // expected-error @+1 {{is no alias: its result does not lie like its operand}}
  %y = lw.convert_layout %x {lw.kernel = #lw.alias, lw.layout = #lw.layout<block = 8, halo = [0, 0, 0, 0]>} : tensor<1x4x4x16xf32>
  return %y : tensor<1x4x4x16xf32>
}

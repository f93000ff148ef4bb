// RUN: lw-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{custom op 'lw.conv_2d' 'lw.conv_2d' op attribute 'strides' failed to satisfy constraint: i64 dense array attribute with exactly 2 elements}}
  %y = lw.conv_2d %x, %w {strides = array<i64: 1>} : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects strides to be at least 1, found 0}}
  %y = lw.conv_2d %x, %w {strides = array<i64: 1, 0>} : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{custom op 'lw.conv_2d' 'lw.conv_2d' op attribute 'padding' failed to satisfy constraint: i64 dense array attribute with exactly 4 elements}}
  %y = lw.conv_2d %x, %w {padding = array<i64: 1, 1>} : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects padding to be at least 0, found -1}}
  %y = lw.conv_2d %x, %w {padding = array<i64: 0, 0, -1, 0>} : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects dilations to be at least 1, found 0}}
  %y = lw.conv_2d %x, %w {dilations = array<i64: 0, 1>} : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects groups to be at least 1, found 0}}
  %y = lw.conv_2d %x, %w {groups = 0 : i64} : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<8x8x4xf32>, %w: tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{'lw.conv_2d' op operand #0 must be 4D tensor of floating-point or 8-bit signless integer values, but got 'tensor<8x8x4xf32>'}}
  %y = lw.conv_2d %x, %w : (tensor<8x8x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<0x3x4x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects extents of filter to be at least 1, found 0}}
  %y = lw.conv_2d %x, %w : (tensor<1x8x8x4xf32>, tensor<0x3x4x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xi8>, %w: tensor<3x3x4x4xi8>) -> tensor<1x6x6x4xi8> {
  // expected-error @+1 {{expects 'quantization' for an input of 'i8'}}
  %y = lw.conv_2d %x, %w : (tensor<1x8x8x4xi8>, tensor<3x3x4x4xi8>) -> tensor<1x6x6x4xi8>
  return %y : tensor<1x6x6x4xi8>
}

// -----

func.func @f(%x: tensor<1x8x8x5xf32>, %w: tensor<3x3x2x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects input channels (5) to be divisible by groups (2)}}
  %y = lw.conv_2d %x, %w {groups = 2 : i64} : (tensor<1x8x8x5xf32>, tensor<3x3x2x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x2x5xf32>) -> tensor<1x6x6x5xf32> {
  // expected-error @+1 {{expects output channels (5) to be divisible by groups (2)}}
  %y = lw.conv_2d %x, %w {groups = 2 : i64} : (tensor<1x8x8x4xf32>, tensor<3x3x2x5xf32>) -> tensor<1x6x6x5xf32>
  return %y : tensor<1x6x6x5xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x32xf32>, %w: tensor<3x3x16x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects filter input channels (16) to be input channels / groups (32 / 4 = 8)}}
  %y = lw.conv_2d %x, %w {groups = 4 : i64} : (tensor<1x8x8x32xf32>, tensor<3x3x16x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x5x1xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects depthwise filter channels (5) to be input channels (4)}}
  %y = lw.depthwise_conv_2d %x, %w : (tensor<1x8x8x4xf32>, tensor<3x3x5x1xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4611686018427387904xf32>, %w: tensor<3x3x4611686018427387904x2xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{channel count overflows: 4611686018427387904 x 2}}
  %y = lw.depthwise_conv_2d %x, %w : (tensor<1x8x8x4611686018427387904xf32>, tensor<3x3x4611686018427387904x2xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %d: tensor<3x3x4x2xf32>, %w: tensor<1x1x4x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects pointwise filter input channels (4) to be input channels * terms (4 * 2 = 8)}}
  %y = lw.separable_conv_2d %x, %d, %w : (tensor<1x8x8x4xf32>, tensor<3x3x4x2xf32>, tensor<1x1x4x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %d: tensor<3x3x4x1xf32>, %w: tensor<1x3x4x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects a 1x1 pointwise filter, found 1x3}}
  %y = lw.separable_conv_2d %x, %d, %w : (tensor<1x8x8x4xf32>, tensor<3x3x4x1xf32>, tensor<1x3x4x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<2x1x4x4xf32>) -> tensor<1x8x8x4xf32> {
  // expected-error @+1 {{expects a 1x1 pointwise filter, found 2x1}}
  %y = lw.pointwise_conv_2d %x, %w : (tensor<1x8x8x4xf32>, tensor<2x1x4x4xf32>) -> tensor<1x8x8x4xf32>
  return %y : tensor<1x8x8x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x4xf16>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects all operands to have element type 'f32', found 'f16'}}
  %y = lw.conv_2d %x, %w : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf16>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x4xf32>, %b: tensor<5xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects bias extent (5) to be output channels (4)}}
  %y = lw.conv_2d %x, %w bias %b : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf32>, tensor<5xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x4xf32>, %b: tensor<1x6x8x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects residual dimension 2 (8) to be that of the output (6)}}
  %y = lw.conv_2d %x, %w residual %b : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf32>, tensor<1x6x8x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x2x8x4xf32>, %w: tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32> {
  // expected-error @+1 {{expects the 3x3 window (dilation 2x1) to fit the padded input (2x8 with padding 1, 1, 0, 0)}}
  %y = lw.conv_2d %x, %w {dilations = array<i64: 2, 1>, padding = array<i64: 1, 1, 0, 0>} : (tensor<1x2x8x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x6x6x4xf32>
  return %y : tensor<1x6x6x4xf32>
}

// -----

func.func @f(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x4xf32>) -> tensor<1x8x6x4xf32> {
  // expected-error @+2 {{'lw.conv_2d' op inferred type(s) 'tensor<1x6x6x4xf32>' are incompatible with return type(s) of operation 'tensor<1x8x6x4xf32>'}}
  // expected-error @+1 {{'lw.conv_2d' op failed to infer returned types}}
  %y = lw.conv_2d %x, %w : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf32>) -> tensor<1x8x6x4xf32>
  return %y : tensor<1x8x6x4xf32>
}

// -----

func.func @f(%x: tensor<8xf32>, %p: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{'lw.batch_norm' op expects a ranked input of rank 2 or more}}
  %y = lw.batch_norm %x, %p, %p, %p, %p {epsilon = 1.0e-05 : f32} : tensor<8xf32>, tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

func.func @f(%x: tensor<*xf32>, %p: tensor<8xf32>) -> tensor<*xf32> {
  // expected-error @+1 {{'lw.batch_norm' op expects a ranked input of rank 2 or more}}
  %y = lw.batch_norm %x, %p, %p, %p, %p {epsilon = 1.0e-05 : f32} : tensor<*xf32>, tensor<8xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @f(%x: tensor<1x8xf32>, %p: tensor<7xf32>) -> tensor<1x8xf32> {
  // expected-error @+1 {{'lw.batch_norm' op expects parameters of as many elements (7) as the input has channels (8)}}
  %y = lw.batch_norm %x, %p, %p, %p, %p {epsilon = 1.0e-05 : f32} : tensor<1x8xf32>, tensor<7xf32>
  return %y : tensor<1x8xf32>
}

// -----

func.func @f(%x: tensor<1x8xf32>, %p: tensor<8xf16>) -> tensor<1x8xf32> {
  // expected-error @+1 {{'lw.batch_norm' op expects parameters of element type 'f32', found 'f16'}}
  %y = lw.batch_norm %x, %p, %p, %p, %p {epsilon = 1.0e-05 : f32} : tensor<1x8xf32>, tensor<8xf16>
  return %y : tensor<1x8xf32>
}

// -----

func.func @f(%x: tensor<1x8xf32>, %p: tensor<8xf32>) -> tensor<1x8xf32> {
  // expected-error @+1 {{'lw.batch_norm' op expects epsilon to be zero or positive, found -1.000000e-05}}
  %y = lw.batch_norm %x, %p, %p, %p, %p {epsilon = -1.0e-05 : f32} : tensor<1x8xf32>, tensor<8xf32>
  return %y : tensor<1x8xf32>
}

// -----

func.func @f(%x: tensor<1x8xf32>, %p: tensor<8xf32>) -> tensor<1x8xf32> {
  // expected-error @+1 {{'lw.batch_norm' op expects epsilon to be zero or positive, found nan}}
  %y = lw.batch_norm %x, %p, %p, %p, %p {epsilon = 0x7FC00000 : f32} : tensor<1x8xf32>, tensor<8xf32>
  return %y : tensor<1x8xf32>
}

// -----

func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{'lw.channel_shuffle' op expects a ranked input of rank 2 or more}}
  %y = lw.channel_shuffle %x {groups = 2 : i64} : tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

func.func @f(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  // expected-error @+1 {{'lw.channel_shuffle' op expects groups to be at least 1, found 0}}
  %y = lw.channel_shuffle %x {groups = 0 : i64} : tensor<1x8xf32>
  return %y : tensor<1x8xf32>
}

// -----

func.func @f(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  // expected-error @+1 {{'lw.channel_shuffle' op expects channels (8) to be divisible by groups (3)}}
  %y = lw.channel_shuffle %x {groups = 3 : i64} : tensor<1x8xf32>
  return %y : tensor<1x8xf32>
}

// -----

// expected-error @+1 {{unknown activation 'swish', expected one of relu, clamp, leaky_relu, sigmoid, tanh, hard_sigmoid, hard_swish, silu, gelu, gelu_tanh}}
func.func private @f() attributes {a = #lw.act<swish>}

// -----

// expected-error @+1 {{expected ','}}
func.func private @f() attributes {a = #lw.act<clamp, 0.0>}

// -----

// expected-error @+1 {{expected '>'}}
func.func private @f() attributes {a = #lw.act<relu, 1.0>}

// -----

// expected-error @+1 {{expects the lower clamp bound (6.000000e+00) not to exceed the upper one (0.000000e+00)}}
func.func private @f() attributes {a = #lw.act<clamp, 6.0, 0.0>}

// -----

// expected-error @+1 {{expects alpha and beta not to be NaN}}
func.func private @f() attributes {a = #lw.act<leaky_relu, 0x7FC00000>}

// -----

// expected-error @+1 {{expects alpha and beta to be finite}}
func.func private @f() attributes {a = #lw.act<leaky_relu, 1.0e60>}

// -----

// expected-error @+1 {{expects tile extents of at least 1, found 0}}
func.func private @f() attributes {a = #lw.gemm<tile = [1, 0, 2], taps = 1, order = rows>}

// -----

// expected-error @+1 {{expects taps of at least 1, found 0}}
func.func private @f() attributes {a = #lw.gemm<tile = [1, 4, 2], taps = 0, order = panels>}

// -----

// expected-error @+1 {{expects tiles of 2 or 4 outputs, found 3}}
func.func private @f() attributes {a = #lw.winograd<outputs = 3, rows = 1, vectors = 1, threads = 1, tile = [4, 1], order = rows>}

// -----

// expected-error @+1 {{expects rows, vectors and threads of at least 1, found 0}}
func.func private @f() attributes {a = #lw.winograd<outputs = 4, rows = 1, vectors = 1, threads = 0, tile = [4, 1], order = rows>}

// -----

// expected-error @+1 {{expects tile extents of at least 1, found 0}}
func.func private @f() attributes {a = #lw.depthwise<tile = [0, 4]>}

// -----

// expected-error @+1 {{expects an offset and bytes of at least 0, found -64 and 64}}
func.func private @f() attributes {a = #lw.buffer<offset = -64, bytes = 64>}

// Wrong quantization is refused by name.
// RUN: lw-opt %s --split-input-file --verify-diagnostics

func.func @no_quantization(%x: tensor<1x4x4x3xi8>, %w: tensor<3x3x3x2xi8>) -> tensor<1x2x2x2xi8> {
  // expected-error @+1 {{expects 'quantization' for an input of 'i8'}}
  %y = lw.conv_2d %x, %w : (tensor<1x4x4x3xi8>, tensor<3x3x3x2xi8>) -> tensor<1x2x2x2xi8>
  return %y : tensor<1x2x2x2xi8>
}

// -----

// expected-error @+1 {{expects the scale to be a positive normal number, found 0.000000e+00}}
#zero = #lw.quant<u8, 0.0, 0>

// -----

// expected-error @+1 {{expects the scale to be a positive normal number, found -5.000000e-01}}
#negative = #lw.quant<u8, -0.5, 0>

// -----

// expected-error @+1 {{expects the zero point to be in [-128, 127], found 128}}
#outside = #lw.quant<s8, 0.5, 128>

// -----

// expected-error @+1 {{expected u8 or s8, found 'u16'}}
#wide = #lw.quant<u16, 0.5, 128>

// -----

// expected-error @+1 {{expects filter scales to be positive normal numbers, found -1.000000e+00 for output channel 1}}
#filter = #lw.conv_quant<input = <u8, 0.5, 0>, filter = [1.0, -1.0]>

// -----

func.func @float_filter(%x: tensor<1x4x4x3xi8>, %w: tensor<3x3x3x2xf32>) -> tensor<1x2x2x2xi8> {
  // expected-error @+1 {{expects input and filter of a quantized convolution to be i8, found 'i8' and 'f32'}}
  %y = lw.conv_2d %x, %w {quantization = #lw.conv_quant<input = <u8, 0.5, 0>>} : (tensor<1x4x4x3xi8>, tensor<3x3x3x2xf32>) -> tensor<1x2x2x2xi8>
  return %y : tensor<1x2x2x2xi8>
}

// -----

func.func @float_bias(%x: tensor<1x4x4x3xi8>, %w: tensor<3x3x3x2xi8>, %b: tensor<2xf32>) -> tensor<1x2x2x2xi32> {
  // expected-error @+1 {{expects the bias of a quantized convolution to be i32, found 'f32'}}
  %y = lw.conv_2d %x, %w bias %b {quantization = #lw.conv_quant<input = <u8, 0.5, 0>>} : (tensor<1x4x4x3xi8>, tensor<3x3x3x2xi8>, tensor<2xf32>) -> tensor<1x2x2x2xi32>
  return %y : tensor<1x2x2x2xi32>
}

// -----

func.func @no_output(%x: tensor<1x4x4x3xi8>, %w: tensor<3x3x3x2xi8>) -> tensor<1x2x2x2xi8> {
  // expected-error @+1 {{expects 'output' of the quantization where the result is i8, and only there}}
  %y = lw.conv_2d %x, %w {quantization = #lw.conv_quant<input = <u8, 0.5, 0>, filter = [1.0, 1.0]>} : (tensor<1x4x4x3xi8>, tensor<3x3x3x2xi8>) -> tensor<1x2x2x2xi8>
  return %y : tensor<1x2x2x2xi8>
}

// -----

func.func @scales(%x: tensor<1x4x4x3xi8>, %w: tensor<3x3x3x2xi8>) -> tensor<1x2x2x2xf32> {
  // expected-error @+1 {{expects as many filter scales (3) as output channels (2)}}
  %y = lw.conv_2d %x, %w {quantization = #lw.conv_quant<input = <u8, 0.5, 0>, filter = [1.0, 1.0, 1.0]>} : (tensor<1x4x4x3xi8>, tensor<3x3x3x2xi8>) -> tensor<1x2x2x2xf32>
  return %y : tensor<1x2x2x2xf32>
}

// -----

func.func @sigmoid(%x: tensor<1x4x4x3xi8>, %w: tensor<3x3x3x2xi8>) -> tensor<1x2x2x2xi8> {
  // expected-error @+1 {{expects the activation of a quantized result to be relu or clamp; use lw.lookup for others}}
  %y = lw.conv_2d %x, %w {activation = #lw.act<sigmoid>, quantization = #lw.conv_quant<input = <u8, 0.5, 0>, filter = [1.0, 1.0], output = <u8, 0.5, 0>>} : (tensor<1x4x4x3xi8>, tensor<3x3x3x2xi8>) -> tensor<1x2x2x2xi8>
  return %y : tensor<1x2x2x2xi8>
}

// -----

func.func @tiny(%x: tensor<1x4x4x3xi8>, %w: tensor<3x3x3x2xi8>) -> tensor<1x2x2x2xi8> {
  // expected-error @+1 {{expects input scale * filter scale / output scale to be a normal number of at most 2^64, found 0.000000e+00 for output channel 0}}
  %y = lw.conv_2d %x, %w {quantization = #lw.conv_quant<input = <u8, 1.0e-30, 0>, filter = [1.0e-30, 1.0], output = <u8, 0.5, 0>>} : (tensor<1x4x4x3xi8>, tensor<3x3x3x2xi8>) -> tensor<1x2x2x2xi8>
  return %y : tensor<1x2x2x2xi8>
}

// -----

func.func @broadcast(%a: tensor<1x4x4x3xi8>, %b: tensor<1x4x2x3xi8>) -> tensor<1x4x4x3xi8> {
  // expected-error @+1 {{expects rhs to broadcast to the result}}
  %y = lw.add %a from <u8, 0.5, 0>, %b from <u8, 0.5, 0> to <u8, 1.0, 0> : tensor<1x4x4x3xi8>, tensor<1x4x2x3xi8> -> tensor<1x4x4x3xi8>
  return %y : tensor<1x4x4x3xi8>
}

// -----

func.func @steep(%x: tensor<4xi8>) -> tensor<4xi8> {
  // expected-error @+1 {{expects input scale / output scale to be a normal number of at most 2^64, found 1.000000e+30}}
  %y = lw.requantize %x from <u8, 1.0e+15, 0> to <u8, 1.0e-15, 0> : tensor<4xi8>
  return %y : tensor<4xi8>
}

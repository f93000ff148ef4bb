// Quantized operations are written and read.
// RUN: lw-opt %s --canonicalize | lw-opt | FileCheck %s

// CHECK-LABEL: func @conv
func.func @conv(%x: tensor<1x4x4x3xi8>, %r: tensor<1x4x4x2xi8>) -> tensor<1x4x4x2xi8> {
  %w = "tosa.const"() <{values = dense<1> : tensor<1x1x3x2xi8>}> : () -> tensor<1x1x3x2xi8>
  %b = "tosa.const"() <{values = dense<7> : tensor<2xi32>}> : () -> tensor<2xi32>
  // CHECK: lw.pointwise_conv_2d %{{.*}}, %{{.*}} bias %{{.*}} residual %{{.*}} {activation = #lw.act<relu>
  // CHECK-SAME: quantization = #lw.conv_quant<input = <u8, 5.000000e-01, 128>, filter = [2.500000e-01, 5.000000e-01], output = <u8, 1.000000e+00, 3>, residual = <s8, 2.000000e+00, -5>>
  %y = lw.conv_2d %x, %w bias %b residual %r {activation = #lw.act<relu>,
      quantization = #lw.conv_quant<input = <u8, 0.5, 128>, filter = [0.25, 0.5],
                                    output = <u8, 1.0, 3>, residual = <s8, 2.0, -5>>}
    : (tensor<1x4x4x3xi8>, tensor<1x1x3x2xi8>, tensor<2xi32>, tensor<1x4x4x2xi8>) -> tensor<1x4x4x2xi8>
  return %y : tensor<1x4x4x2xi8>
}

// CHECK-LABEL: func @results
func.func @results(%x: tensor<1x4x4x3xi8>, %w: tensor<3x3x3x2xi8>) -> (tensor<1x2x2x2xf32>, tensor<1x2x2x2xi32>) {
  // CHECK: lw.conv_2d {{.*}} -> tensor<1x2x2x2xf32>
  %f = lw.conv_2d %x, %w {quantization = #lw.conv_quant<input = <u8, 0.5, 128>, filter = [0.25, 0.5]>}
    : (tensor<1x4x4x3xi8>, tensor<3x3x3x2xi8>) -> tensor<1x2x2x2xf32>
  // CHECK: lw.conv_2d {{.*}} {quantization = #lw.conv_quant<input = <u8, 5.000000e-01, 128>>} {{.*}} -> tensor<1x2x2x2xi32>
  %i = lw.conv_2d %x, %w {quantization = #lw.conv_quant<input = <u8, 0.5, 128>>}
    : (tensor<1x4x4x3xi8>, tensor<3x3x3x2xi8>) -> tensor<1x2x2x2xi32>
  return %f, %i : tensor<1x2x2x2xf32>, tensor<1x2x2x2xi32>
}

// CHECK-LABEL: func @elementwise
func.func @elementwise(%x: tensor<1x4x4x2xf32>, %s: tensor<1x1x1x2xi8>) -> tensor<1x4x4x2xf32> {
  // CHECK: lw.quantize %{{.*}} to <u8, 5.000000e-01, 128>
  %q = lw.quantize %x to <u8, 0.5, 128> : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xi8>
  // CHECK: lw.requantize %{{.*}} from <u8, 5.000000e-01, 128> to <s8, 2.500000e-01, 0>
  %r = lw.requantize %q from <u8, 0.5, 128> to <s8, 0.25, 0> : tensor<1x4x4x2xi8>
  // The same parameters: nothing to do.
  // CHECK-NOT: lw.requantize
  %n = lw.requantize %r from <s8, 0.25, 0> to <s8, 0.25, 0> : tensor<1x4x4x2xi8>
  // CHECK: lw.add %{{.*}} from <s8, 2.500000e-01, 0>, %{{.*}} from <u8, 5.000000e-01, 128> to <u8, 1.000000e+00, 0>
  %a = lw.add %n from <s8, 0.25, 0>, %q from <u8, 0.5, 128> to <u8, 1.0, 0> : tensor<1x4x4x2xi8>, tensor<1x4x4x2xi8> -> tensor<1x4x4x2xi8>
  // CHECK: lw.mul
  %m = lw.mul %a from <u8, 1.0, 0>, %s from <u8, 0.5, 0> to <u8, 1.0, 0> : tensor<1x4x4x2xi8>, tensor<1x1x1x2xi8> -> tensor<1x4x4x2xi8>
  // CHECK: lw.dequantize
  %d = lw.dequantize %m from <u8, 1.0, 0> : tensor<1x4x4x2xi8> -> tensor<1x4x4x2xf32>
  return %d : tensor<1x4x4x2xf32>
}

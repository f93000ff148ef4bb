// Convolutions that take the same bytes for other numbers, one through a concatenation:
// each has its own zero point around them.
// RUN: lw-run %s --random-input=3 --output %t.reference.npz --reference
// RUN: lw-run %s --random-input=3 --output %t.kernels.npz
// RUN: cmp %t.kernels.npz %t.reference.npz
// RUN: lw-run %s --random-input=3 --output %t.threads.npz --threads=2 --cpu=x86-64-v3
// RUN: cmp %t.threads.npz %t.reference.npz
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-kernel-loops-pipeline | FileCheck %s

// CHECK-LABEL: func @main
// CHECK: call @border_
// CHECK: call @border_
// CHECK: call @border_
func.func @main(%x: tensor<1x5x6x8xf32>) -> (tensor<1x5x6x2xf32>, tensor<1x5x6x2xf32>, tensor<1x5x6x2xf32>) {
  %w = "tosa.const"() {values = dense<3> : tensor<3x3x8x2xi8>} : () -> tensor<3x3x8x2xi8>
  %v = "tosa.const"() {values = dense<-2> : tensor<3x3x16x2xi8>} : () -> tensor<3x3x16x2xi8>
  %q = lw.quantize %x to <s8, 0.02, 5> : tensor<1x5x6x8xf32> -> tensor<1x5x6x8xi8>
  %r = lw.quantize %x to <s8, 0.01, 5> : tensor<1x5x6x8xf32> -> tensor<1x5x6x8xi8>
  %a = lw.conv_2d %q, %w {padding = array<i64: 1, 1, 1, 1>, quantization = #lw.conv_quant<input = <s8, 0.02, 5>, filter = [0.01, 0.02]>}
    : (tensor<1x5x6x8xi8>, tensor<3x3x8x2xi8>) -> tensor<1x5x6x2xf32>
  %b = lw.conv_2d %q, %w {padding = array<i64: 1, 1, 1, 1>, quantization = #lw.conv_quant<input = <s8, 0.02, -9>, filter = [0.01, 0.02]>}
    : (tensor<1x5x6x8xi8>, tensor<3x3x8x2xi8>) -> tensor<1x5x6x2xf32>
  %both = tosa.concat %q, %r {axis = 3 : i32} : (tensor<1x5x6x8xi8>, tensor<1x5x6x8xi8>) -> tensor<1x5x6x16xi8>
  %c = lw.conv_2d %both, %v {padding = array<i64: 1, 1, 1, 1>, quantization = #lw.conv_quant<input = <s8, 0.02, 40>, filter = [0.01, 0.02]>}
    : (tensor<1x5x6x16xi8>, tensor<3x3x16x2xi8>) -> tensor<1x5x6x2xf32>
  return %a, %b, %c : tensor<1x5x6x2xf32>, tensor<1x5x6x2xf32>, tensor<1x5x6x2xf32>
}

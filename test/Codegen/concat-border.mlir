// Parts of a concatenation that are computed in place have the zero point of its readers
// around them, not zero.
// RUN: lw-run %s --random-input=3 --output %t.reference.npy --reference
// RUN: lw-run %s --random-input=3 --output %t.kernels.npy
// RUN: cmp %t.kernels.npy %t.reference.npy
// RUN: lw-run %s --random-input=3 --output %t.threads.npy --threads=2 --cpu=x86-64-v3
// RUN: cmp %t.threads.npy %t.reference.npy
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-kernel-loops-pipeline | FileCheck %s
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a76" --lw-kernel-loops-pipeline | FileCheck %s --check-prefix=SIGNED

// Unsigned where the processor multiplies such: 17 + 128.
// CHECK: func private @border_
// CHECK: dense<-111>
// CHECK-NOT: call @channels_
// SIGNED: func private @border_
// SIGNED: dense<17>
// SIGNED-NOT: call @channels_
func.func @main(%x: tensor<1x7x6x8xf32>) -> tensor<1x7x6x4xf32> {
  %w = "tosa.const"() {values = dense<7> : tensor<1x1x8x16xi8>} : () -> tensor<1x1x8x16xi8>
  %v = "tosa.const"() {values = dense<-3> : tensor<3x3x32x4xi8>} : () -> tensor<3x3x32x4xi8>
  %q = lw.quantize %x to <s8, 0.05, 3> : tensor<1x7x6x8xf32> -> tensor<1x7x6x8xi8>
  %l = lw.pointwise_conv_2d %q, %w {quantization = #lw.conv_quant<input = <s8, 0.05, 3>, filter = [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01], output = <s8, 0.04, 17>>}
    : (tensor<1x7x6x8xi8>, tensor<1x1x8x16xi8>) -> tensor<1x7x6x16xi8>
  %r = lw.pointwise_conv_2d %q, %w {activation = #lw.act<relu>, quantization = #lw.conv_quant<input = <s8, 0.05, 3>, filter = [0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02], output = <s8, 0.04, 17>>}
    : (tensor<1x7x6x8xi8>, tensor<1x1x8x16xi8>) -> tensor<1x7x6x16xi8>
  %both = tosa.concat %l, %r {axis = 3 : i32} : (tensor<1x7x6x16xi8>, tensor<1x7x6x16xi8>) -> tensor<1x7x6x32xi8>
  %y = lw.conv_2d %both, %v {padding = array<i64: 1, 1, 1, 1>, quantization = #lw.conv_quant<input = <s8, 0.04, 17>, filter = [0.01, 0.02, 0.03, 0.04]>}
    : (tensor<1x7x6x32xi8>, tensor<3x3x32x4xi8>) -> tensor<1x7x6x4xf32>
  return %y : tensor<1x7x6x4xf32>
}

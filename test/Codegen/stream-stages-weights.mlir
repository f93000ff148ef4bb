// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-select-kernels --lw-stream-stages | FileCheck %s --check-prefixes=CHECK,ONE
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-select-kernels="threads=2 least-work=0" --lw-stream-stages | FileCheck %s --check-prefixes=CHECK,TWO

// Three quarters of a megabyte between the first two layers, which one thread computes
// in strips; two have a second-level cache each. The megabyte of weights of the last
// two would be read from beyond it by each strip: more than the half between them.
// CHECK-LABEL: func @main
func.func @main(%x: tensor<1x28x28x256xf32>, %y: tensor<1x14x14x512xf32>) -> (tensor<1x28x28x256xf32>, tensor<1x14x14x512xf32>) {
  %a = "tosa.const"() {values = dense<0.5> : tensor<1x1x256x256xf32>} : () -> tensor<1x1x256x256xf32>
  %d = "tosa.const"() {values = dense<0.5> : tensor<3x3x256x1xf32>} : () -> tensor<3x3x256x1xf32>
  %b = "tosa.const"() {values = dense<0.5> : tensor<1x1x512x512xf32>} : () -> tensor<1x1x512x512xf32>
  %e = "tosa.const"() {values = dense<0.5> : tensor<3x3x512x1xf32>} : () -> tensor<3x3x512x1xf32>
  // CHECK: lw.pointwise_conv_2d
  // ONE-SAME: lw.strip =
  // TWO-NOT: lw.strip
  %0 = lw.pointwise_conv_2d %x, %a : (tensor<1x28x28x256xf32>, tensor<1x1x256x256xf32>) -> tensor<1x28x28x256xf32>
  // CHECK: lw.depthwise_conv_2d
  %1 = lw.depthwise_conv_2d %0, %d {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x28x28x256xf32>, tensor<3x3x256x1xf32>) -> tensor<1x28x28x256xf32>
  // CHECK: lw.pointwise_conv_2d
  // CHECK-NOT: lw.strip
  %2 = lw.pointwise_conv_2d %y, %b : (tensor<1x14x14x512xf32>, tensor<1x1x512x512xf32>) -> tensor<1x14x14x512xf32>
  // CHECK: lw.depthwise_conv_2d
  // CHECK-NOT: lw.strip
  %3 = lw.depthwise_conv_2d %2, %e {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x14x14x512xf32>, tensor<3x3x512x1xf32>) -> tensor<1x14x14x512xf32>
  return %1, %3 : tensor<1x28x28x256xf32>, tensor<1x14x14x512xf32>
}

// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-plan-memory=print=1 2>%t.plan | FileCheck %s
// RUN: FileCheck %s --check-prefix=PLAN < %t.plan

// Two convolutions write the two halves of the concatenation where they belong; the
// concatenation itself moves nothing. What they read is dead afterwards.
// PLAN: arena [[BYTES:[0-9]+]] bytes, lower bound [[BYTES]] bytes
// CHECK-LABEL: func @main
func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x32xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x16xf32>} : () -> tensor<1x1x16x16xf32>
  // CHECK: lw.pointwise_conv_2d
  // CHECK-SAME: lw.buffer = #lw.buffer<offset = [[A:[0-9]+]], bytes = 4096>
  %a = lw.pointwise_conv_2d %x, %w : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32>
  // CHECK: lw.pointwise_conv_2d
  // CHECK-SAME: lw.buffer = #lw.buffer<offset = 0, bytes = 4096>
  %b = lw.pointwise_conv_2d %a, %w : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32>
  // CHECK: lw.pointwise_conv_2d
  // CHECK-SAME: lw.buffer = #lw.buffer<offset = 4096, bytes = 4096>
  %c = lw.pointwise_conv_2d %a, %w {activation = #lw.act<relu>} : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32>
  // CHECK: tosa.concat
  // CHECK-SAME: lw.buffer = #lw.buffer<offset = 0, bytes = 8192>
  %d = tosa.concat %b, %c {axis = 3 : i32} : (tensor<1x8x8x16xf32>, tensor<1x8x8x16xf32>) -> tensor<1x8x8x32xf32>
  %e = tosa.abs %d : (tensor<1x8x8x32xf32>) -> tensor<1x8x8x32xf32>
  return %e : tensor<1x8x8x32xf32>
}

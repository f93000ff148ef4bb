// RUN: lwc %s --cpu=x86-64-v4 --emit=asm -o %t.s && FileCheck %s < %t.s

// Vectors that find no register lie on the stack at multiples of their size,
// not of 16 bytes, and cross no line of the cache.
// CHECK: andq $-64, %rsp
// CHECK: vmovaps %zmm{{[0-9]+}}, {{[0-9]*}}(%rsp)
// CHECK-NOT: vmovups %zmm{{[0-9]+}}, {{-?[0-9]*}}(%rsp)
func.func @main(%x: tensor<1x14x14x480xf32>) -> tensor<1x14x14x480xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<5x5x480x1xf32>} : () -> tensor<5x5x480x1xf32>
  %y = lw.depthwise_conv_2d %x, %w {padding = array<i64: 2, 2, 2, 2>, activation = #lw.act<silu>} : (tensor<1x14x14x480xf32>, tensor<5x5x480x1xf32>) -> tensor<1x14x14x480xf32>
  return %y : tensor<1x14x14x480xf32>
}

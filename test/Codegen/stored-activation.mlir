// RUN: lwc %s --cpu=x86-64-v4 --emit=asm -o %t.s && FileCheck %s < %t.s

// An activation with an exponential is computed in a loop over the 30 pixels
// that a tile has stored, three at a time, and not for each accumulator.
// CHECK-COUNT-120: vfmadd231ps {{.*}}{1to16}
// CHECK: vmovups %zmm{{[0-9]+}}, {{.*}}(%r
// CHECK-COUNT-3: vdivps
// CHECK-NOT: vdivps
// CHECK: j{{[a-z]+}} .LBB
// CHECK-NOT: vdivps
func.func @main(%x: tensor<1x5x6x64xf32>) -> tensor<1x5x6x64xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x64x64xf32>} : () -> tensor<1x1x64x64xf32>
  %y = lw.pointwise_conv_2d %x, %w {activation = #lw.act<silu>} : (tensor<1x5x6x64xf32>, tensor<1x1x64x64xf32>) -> tensor<1x5x6x64xf32>
  return %y : tensor<1x5x6x64xf32>
}

// RUN: lwc %s --cpu=x86-64-v4 --emit=asm -o %t.zmm.s && FileCheck %s --check-prefixes=CHECK,ZMM < %t.zmm.s
// RUN: lwc %s --cpu=x86-64-v3 --emit=asm -o %t.ymm.s && FileCheck %s --check-prefixes=CHECK,YMM < %t.ymm.s

// A bound that lets NaN through is one instruction: the bound first, as x86
// returns the second operand where one is NaN.
// CHECK-NOT: vcmp{{.*}}ps
// ZMM: vmaxps %zmm{{[0-9]+}}, %zmm[[ZERO:[0-9]+]], %zmm
// ZMM-NEXT: v{{(maxps %zmm[0-9]+, %zmm|movups)}}
// YMM: vmaxps %ymm{{[0-9]+}}, %ymm[[ZERO:[0-9]+]], %ymm
// YMM-NEXT: v{{(maxps %ymm[0-9]+, %ymm|movups)}}
// CHECK-NOT: vcmp{{.*}}ps
// CHECK-NOT: vblend
func.func @main(%x: tensor<1x8x8x64xf32>) -> tensor<1x8x8x64xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x64x64xf32>} : () -> tensor<1x1x64x64xf32>
  %y = lw.pointwise_conv_2d %x, %w {activation = #lw.act<relu>} : (tensor<1x8x8x64xf32>, tensor<1x1x64x64xf32>) -> tensor<1x8x8x64xf32>
  return %y : tensor<1x8x8x64xf32>
}

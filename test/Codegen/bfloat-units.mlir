// Pairs of bfloat16, and results that are rounded.
// RUN: lwc %s -o %t.x86.s --target=x86_64-linux-gnu --cpu=znver4 --arithmetic=bf16,all --quiet && FileCheck %s --check-prefix=AVX512 < %t.x86.s
// AVX512: vdpbf16ps {{.*}}, %zmm{{[0-9]+}}, %zmm{{[0-9]+}}
// AVX512: vcvtneps2bf16 %zmm{{[0-9]+}}, %ymm{{[0-9]+}}

// Four inputs of two pixels at a time, and of one pixel two.
// RUN: lwc %s -o %t.arm.s --target=aarch64-linux-gnu --cpu=neoverse-v1 --arithmetic=bf16,all --quiet && FileCheck %s --check-prefixes=NEON,ONE < %t.arm.s
// NEON: bfmmla v{{[0-9]+}}.4s, v{{[0-9]+}}.8h, v{{[0-9]+}}.8h
// NEON: bfcvtn
// ONE: bfdot v{{[0-9]+}}.4s, v{{[0-9]+}}.8h, v{{[0-9]+}}.
func.func @main(%x: tensor<1x6x6x32xf32>) -> tensor<1x1x1x32xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x32x32xf32>} : () -> tensor<1x1x32x32xf32>
  %y = lw.pointwise_conv_2d %x, %w : (tensor<1x6x6x32xf32>, tensor<1x1x32x32xf32>) -> tensor<1x6x6x32xf32>
  %v = "tosa.const"() {values = dense<0.5> : tensor<6x6x32x32xf32>} : () -> tensor<6x6x32x32xf32>
  %z = lw.conv_2d %y, %v : (tensor<1x6x6x32xf32>, tensor<6x6x32x32xf32>) -> tensor<1x1x1x32xf32>
  return %z : tensor<1x1x1x32xf32>
}

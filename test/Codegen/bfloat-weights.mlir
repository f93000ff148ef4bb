// Weights of bfloat16: 16 bits of each are loaded and become the
// first half of 32.
// RUN: lwc %s -o %t.v3.s --target=x86_64-linux-gnu --cpu=x86-64-v3 --quiet && FileCheck %s --check-prefix=AVX2 < %t.v3.s
// RUN: lwc %s -o %t.v4.s --target=x86_64-linux-gnu --cpu=x86-64-v4 --quiet && FileCheck %s --check-prefix=AVX512 < %t.v4.s
// RUN: lwc %s -o %t.arm.s --target=aarch64-linux-gnu --cpu=cortex-a76 --quiet && FileCheck %s --check-prefix=NEON < %t.arm.s
// AVX2: vpmovzxwd {{.*}}, %{{ymm[0-9]+}}
// AVX2: vpslld $16, %{{ymm[0-9]+}}, %{{ymm[0-9]+}}
// AVX2: vfmadd{{[0-9]+}}ps
// AVX512: vpmovzxwd {{.*}}, %{{zmm[0-9]+}}
// AVX512: vpslld $16, %{{zmm[0-9]+}}, %{{zmm[0-9]+}}
// AVX512: vfmadd{{[0-9]+}}ps
// NEON: shll{{2?}} {{v[0-9]+}}.4s, {{v[0-9]+}}.{{[48]}}h, #16
// NEON: fmla

// Half of the bytes, in the layout of floats.
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline | FileCheck %s
// CHECK: memref.global "private" constant @weights_{{[0-9]+}} : memref<512xbf16>
// CHECK: func.func private @gemm_0({{.*}}memref<512xbf16>
// CHECK: vector.load {{.*}} : memref<512xbf16>, vector<16xbf16>
func.func @main(%x: tensor<1x1x1x16xf32>) -> tensor<1x1x1x32xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x32xbf16>} : () -> tensor<1x1x16x32xbf16>
  %y = lw.pointwise_conv_2d %x, %w : (tensor<1x1x1x16xf32>, tensor<1x1x16x32xbf16>) -> tensor<1x1x1x32xf32>
  return %y : tensor<1x1x1x32xf32>
}

// Without VNNI, weights of bytes are widened to 16 bits in scratch memory where many
// pixels meet them, and inputs where several panels read them: weights a panel at a
// time, all panels where threads share them. The library holds bytes.
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3" --lw-prepare-integers --lw-select-kernels --lw-plan-memory | FileCheck %s --check-prefixes=CHECK,ONE
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3" --lw-prepare-integers --lw-select-kernels="threads=2 least-work=1" --lw-plan-memory | FileCheck %s --check-prefixes=CHECK,TWO
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v4 features=+avx512vnni" --lw-prepare-integers --lw-select-kernels --lw-plan-memory | FileCheck %s --check-prefix=VNNI
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3" --lw-kernel-loops-pipeline | FileCheck %s --check-prefix=KERNELS

// VNNI-NOT: lw.scratch
// KERNELS: func private @gemm{{.*}}(%arg0: memref<2048xi8>, %arg1: memref<2048xi8>, {{.*}}xi16>
// KERNELS: func private @gemm{{.*}}(%arg0: memref<4096xi8>, %arg1: memref<9216xi8>,
// KERNELS-NOT: xi16>
// KERNELS-SAME: no_inline
func.func @main(%x: tensor<1x8x8x32xf32>) -> tensor<1x3x3x16xf32> {
  %w1 = "tosa.const"() <{values = dense<105> : tensor<1x1x32x64xi8>}> : () -> tensor<1x1x32x64xi8>
  %w2 = "tosa.const"() <{values = dense<-107> : tensor<3x3x64x16xi8>}> : () -> tensor<3x3x64x16xi8>
  %q = lw.quantize %x to <u8, 0.5, 128> : tensor<1x8x8x32xf32> -> tensor<1x8x8x32xi8>
  // CHECK: lw.pointwise_conv_2d
  // ONE-SAME: lw.scratch
  // TWO-SAME: lw.scratch
  %a = lw.pointwise_conv_2d %q, %w1 {quantization = #lw.conv_quant<input = <u8, 0.5, 128>,
         filter = [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01,
          0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01,
          0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01,
          0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01], output = <u8, 0.5, 3>>}
       : (tensor<1x8x8x32xi8>, tensor<1x1x32x64xi8>) -> tensor<1x8x8x64xi8>
  // Nine pixels are few.
  // CHECK: lw.conv_2d
  // CHECK-NOT: lw.scratch
  // CHECK-SAME: lw.kernel
  // CHECK-NOT: lw.scratch
  // CHECK: return
  %b = lw.conv_2d %a, %w2 {strides = array<i64: 2, 2>, quantization = #lw.conv_quant<input = <u8, 0.5, 3>,
         filter = [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01]>}
       : (tensor<1x8x8x64xi8>, tensor<3x3x64x16xi8>) -> tensor<1x3x3x16xf32>
  return %b : tensor<1x3x3x16xf32>
}

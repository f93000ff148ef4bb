// Quantized convolutions are multiplied by what each processor has: u8 with s8 on
// x86, s8 with s8 on ARM, the same blocks of 16 channels everywhere.
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v4 features=+avx512vnni" --lw-kernel-loops-pipeline | FileCheck %s --check-prefixes=CHECK,VNNI512
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3 features=+avxvnni" --lw-kernel-loops-pipeline | FileCheck %s --check-prefixes=CHECK,VNNI256
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v4" --lw-kernel-loops-pipeline | FileCheck %s --check-prefixes=CHECK,MADD512
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3" --lw-kernel-loops-pipeline | FileCheck %s --check-prefixes=CHECK,MADD256
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v2" --lw-kernel-loops-pipeline | FileCheck %s --check-prefixes=CHECK,MADD128
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a76" --lw-kernel-loops-pipeline | FileCheck %s --check-prefixes=CHECK,SDOT
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=neoverse-v1" --lw-kernel-loops-pipeline | FileCheck %s --check-prefixes=CHECK,SMMLA
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a53" --lw-kernel-loops-pipeline | FileCheck %s --check-prefixes=CHECK,SMULL
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a53" --lw-prepare-integers --lw-select-kernels | FileCheck %s --check-prefix=PLAN

func.func @main(%x: tensor<1x14x14x64xf32>) -> tensor<1x14x14x48xf32> {
  %w1 = "tosa.const"() <{values = dense<105> : tensor<1x1x64x32xi8>}> : () -> tensor<1x1x64x32xi8>
  %w2 = "tosa.const"() <{values = dense<-7> : tensor<3x3x32x1xi8>}> : () -> tensor<3x3x32x1xi8>
  %w3 = "tosa.const"() <{values = dense<109> : tensor<3x3x32x48xi8>}> : () -> tensor<3x3x32x48xi8>
  %q = lw.quantize %x to <u8, 0.5, 128> : tensor<1x14x14x64xf32> -> tensor<1x14x14x64xi8>
  // CHECK-LABEL: func private @gemm
  // VNNI512: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
  // VNNI256: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"
  // Tiles read what has been widened: inputs, and a panel of weights at a time.
  // MADD512-SAME: memref<12544xi8>{{.*}} %[[W:arg[0-9]+]]: memref<{{[0-9]+}}xi16>, %[[X:arg[0-9]+]]: memref<12544xi16>
  // MADD256-SAME: memref<12544xi8>{{.*}} %[[W:arg[0-9]+]]: memref<1024xi16>, %[[X:arg[0-9]+]]: memref<12544xi16>
  // MADD128-SAME: memref<12544xi8>{{.*}} %[[W:arg[0-9]+]]: memref<{{[0-9]+}}xi16>, %[[X:arg[0-9]+]]: memref<12544xi16>
  // MADD256: vector.store %{{.*}}, %[[X]][%{{.*}}] : memref<12544xi16>, vector<16xi16>
  // MADD256: vector.store %{{.*}}, %[[W]][%{{.*}}] : memref<1024xi16>, vector<16xi16>
  // MADD256: vector.load %[[W]][%{{.*}}] : memref<1024xi16>, vector<16xi16>
  // MADD256: vector.load %[[X]][%{{.*}}] : memref<12544xi16>, vector<2xi16>
  // MADD256-NOT: arith.shli
  // MADD512: llvm.call_intrinsic "llvm.x86.avx512.pmaddw.d.512"
  // MADD256: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
  // MADD128: llvm.call_intrinsic "llvm.x86.sse2.pmadd.wd"
  // SDOT: llvm.call_intrinsic "llvm.aarch64.neon.sdot"
  // The accumulators of two pixels and four channels become those of pairs.
  // SMMLA: vector.shuffle %{{.*}}, %{{.*}} [0, 1, 4, 5] : vector<4xi32>, vector<4xi32>
  // SMMLA: vector.shuffle %{{.*}}, %{{.*}} [2, 3, 6, 7] : vector<4xi32>, vector<4xi32>
  // SMMLA: llvm.call_intrinsic "llvm.aarch64.neon.smmla"
  // SMULL: llvm.call_intrinsic "llvm.aarch64.neon.saddlp"
  // Scales are multiplied and added without fusing, which would round otherwise.
  // CHECK-NOT: math.fma
  // CHECK-NOT: vector.fma
  // CHECK-LABEL: func private @depthwise
  // CHECK-NOT: vector.fma
  // PLAN: lw.quantize %{{.*}} to <s8, 5.000000e-01, 0>
  // PLAN: lw.pointwise_conv_2d
  // PLAN-SAME: lw.kernel = #lw.gemm<
  // PLAN-SAME: #lw.layout<block = 16, halo = [1, 1, 1, 1]>
  // PLAN-SAME: input = <s8, 5.000000e-01, 0>
  // PLAN-SAME: output = <s8, 5.000000e-01, -125>
  %a = lw.pointwise_conv_2d %q, %w1 {quantization = #lw.conv_quant<input = <u8, 0.5, 128>,
         filter = [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01,
                   0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01],
         output = <u8, 0.5, 3>>} : (tensor<1x14x14x64xi8>, tensor<1x1x64x32xi8>) -> tensor<1x14x14x32xi8>
  // PLAN: lw.depthwise_conv_2d
  // Seven outputs of two rows share nine columns of four rows, 8 channels at a time.
  // PLAN-SAME: lw.kernel = #lw.depthwise<tile = [2, 7]>
  %b = lw.depthwise_conv_2d %a, %w2 {padding = array<i64: 1, 1, 1, 1>, quantization = #lw.conv_quant<input = <u8, 0.5, 3>,
         filter = [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01,
                   0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01],
         output = <u8, 0.5, 0>>} : (tensor<1x14x14x32xi8>, tensor<3x3x32x1xi8>) -> tensor<1x14x14x32xi8>
  // No Winograd where bytes are multiplied, or where sums are wanted in f32.
  // PLAN: lw.conv_2d
  // PLAN-SAME: lw.kernel = #lw.gemm<
  %c = lw.conv_2d %b, %w3 {padding = array<i64: 1, 1, 1, 1>, quantization = #lw.conv_quant<input = <u8, 0.5, 0>,
         filter = [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01,
                   0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01,
                   0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01]>}
       : (tensor<1x14x14x32xi8>, tensor<3x3x32x48xi8>) -> tensor<1x14x14x48xf32>
  return %c : tensor<1x14x14x48xf32>
}

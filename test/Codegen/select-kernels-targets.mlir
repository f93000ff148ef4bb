// The strategy follows the processor of the module, on any host: registers, units
// and caches of three ARM cpus and three x86 ones.
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a53" --lw-select-kernels | FileCheck %s --check-prefixes=CHECK,NEON,A53
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a76" --lw-select-kernels | FileCheck %s --check-prefixes=CHECK,NEON,A76
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=neoverse-v1" --lw-select-kernels | FileCheck %s --check-prefixes=CHECK,NEON,V1
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v2" --lw-select-kernels | FileCheck %s --check-prefixes=CHECK,SSE
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3" --lw-select-kernels | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v4" --lw-select-kernels | FileCheck %s --check-prefixes=CHECK,AVX512
// And what is selected for one can be verified and emitted for it here.
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=neoverse-n1" --lw-kernel-loops-pipeline | FileCheck %s --check-prefix=CODE

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x28x28x128xf32>) -> tensor<1x26x26x128xf32> {
  %w1 = "tosa.const"() <{values = dense<0.5> : tensor<1x1x128x128xf32>}> : () -> tensor<1x1x128x128xf32>
  %w2 = "tosa.const"() <{values = dense<0.5> : tensor<3x3x128x1xf32>}> : () -> tensor<3x3x128x1xf32>
  %w3 = "tosa.const"() <{values = dense<0.5> : tensor<3x3x128x128xf32>}> : () -> tensor<3x3x128x128xf32>
  // 32 registers: pixels and vectors whose products fill them; blocks of a vector.
  // CHECK: lw.pointwise_conv_2d
  // Half a row: no tile is cut.
  // A53-SAME: #lw.gemm<tile = [1, 14, 1], taps = 1,
  // A76-SAME: #lw.gemm<tile = [1, 14, 1], taps = 1,
  // Four multiply-adds a cycle, four cycles each: 16 at least.
  // V1-SAME: #lw.gemm<tile = [1, 4, 4], taps = 1,
  // NEON-SAME: #lw.layout<block = 4, halo = [1, 1, 1, 1]>
  // SSE-SAME: #lw.layout<block = 4,
  // AVX2-SAME: #lw.layout<block = 8,
  // AVX512-SAME: #lw.layout<block = 16,
  %a = lw.pointwise_conv_2d %x, %w1 : (tensor<1x28x28x128xf32>, tensor<1x1x128x128xf32>) -> tensor<1x28x28x128xf32>
  // CHECK: lw.depthwise_conv_2d
  // CHECK-SAME: #lw.depthwise<
  // NEON-SAME: #lw.layout<block = 4,
  %b = lw.depthwise_conv_2d %a, %w2 {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x28x28x128xf32>, tensor<3x3x128x1xf32>) -> tensor<1x28x28x128xf32>
  // CHECK: lw.conv_2d
  // CHECK-SAME: #lw.winograd<
  %c = lw.conv_2d %b, %w3 : (tensor<1x28x28x128xf32>, tensor<3x3x128x128xf32>) -> tensor<1x26x26x128xf32>
  return %c : tensor<1x26x26x128xf32>
}

// No masks, and multiplications by lanes of what has been loaded whole.
// CODE-NOT: vector.maskedload
// CODE: %[[PIXEL:.*]] = vector.load {{.*}} vector<4xf32>
// CODE: vector.shuffle %{{.*}}, %{{.*}} [3, 3, 3, 3] : vector<4xf32>, vector<4xf32>
// CODE-NOT: vector.maskedload

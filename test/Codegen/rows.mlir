// RUN: lw-opt %s --split-input-file --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline | FileCheck %s --check-prefixes=CHECK,V4
// RUN: lw-opt %s --split-input-file --lw-set-target=cpu=x86-64-v3 --lw-kernel-loops-pipeline | FileCheck %s --check-prefixes=CHECK,V3
// RUN: lw-opt %s --split-input-file --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a76" --lw-kernel-loops-pipeline | FileCheck %s --check-prefixes=CHECK,NEON
// RUN: lw-opt %s --split-input-file --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline=threads=2 | FileCheck %s --check-prefix=THREADS

// Rows lie along vectors: four of them together, each summed across its lanes
// in the end, and the one that is left.
// CHECK-LABEL: func private @rows_0
// CHECK: scf.for
// V4-COUNT-4: vector.reduction <add>, %{{.*}} : vector<16xf32> into f32
// V3-COUNT-4: vector.reduction <add>, %{{.*}} : vector<8xf32> into f32
// NEON-COUNT-4: vector.reduction <add>, %{{.*}} : vector<4xf32> into f32
// CHECK: math.sqrt {{.*}} : f32
// CHECK: func @main
// CHECK-NOT: func private @reference
// THREADS-LABEL: func private @rows_0
// THREADS: omp.parallel
func.func @main(%x: tensor<1x197x768xf32>) -> tensor<1x197x768xf32> {
  %s = "tosa.const"() {values = dense<0.5> : tensor<1x1x768xf32>} : () -> tensor<1x1x768xf32>
  %0 = lw.normalize %x scale %s {axes = array<i64: 2>, epsilon = 1.0e-05 : f32} : (tensor<1x197x768xf32>, tensor<1x1x768xf32>) -> tensor<1x197x768xf32>
  return %0 : tensor<1x197x768xf32>
}

// -----

// Rows lie side by side: nothing is summed across lanes.
// CHECK-LABEL: func private @rows_0
// CHECK-NOT: vector.reduction
// CHECK: func @main
// CHECK-NOT: func private @reference
func.func @main(%x: tensor<1x50x64xf32>) -> tensor<1x1x64xf32> {
  %0 = lw.softmax %x {axis = 1 : i64} : tensor<1x50x64xf32>
  %1 = tosa.reduce_max %0 {axis = 1 : i32} : (tensor<1x50x64xf32>) -> tensor<1x1x64xf32>
  return %1 : tensor<1x1x64xf32>
}

// -----

// Between convolutions blocks of channels stay as they are.
// CHECK-LABEL: func private @border_0
// CHECK: call @depthwise
// CHECK-NOT: call @copy
// CHECK: call @rows
// CHECK-NOT: call @copy
// CHECK: call @gemm
func.func @main(%x: tensor<1x14x14x64xf32>) -> tensor<1x14x14x64xf32> {
  %d = "tosa.const"() {values = dense<0.5> : tensor<3x3x64x1xf32>} : () -> tensor<3x3x64x1xf32>
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x64x64xf32>} : () -> tensor<1x1x64x64xf32>
  %0 = lw.depthwise_conv_2d %x, %d {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x14x14x64xf32>, tensor<3x3x64x1xf32>) -> tensor<1x14x14x64xf32>
  %1 = lw.normalize %0 {axes = array<i64: 3>, epsilon = 1.0e-05 : f32} : (tensor<1x14x14x64xf32>) -> tensor<1x14x14x64xf32>
  %2 = lw.pointwise_conv_2d %1, %w : (tensor<1x14x14x64xf32>, tensor<1x1x64x64xf32>) -> tensor<1x14x14x64xf32>
  return %2 : tensor<1x14x14x64xf32>
}

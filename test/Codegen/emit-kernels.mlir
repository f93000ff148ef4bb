// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline | FileCheck %s
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline="profile=1" | FileCheck %s --check-prefix=PROFILE

// The first layer reads the caller's row-major array; the other two are of one
// shape and layout, and so one function with two sets of weights.
// CHECK-DAG: memref.global "private" constant @weights_0 : memref<1024xf32>
// CHECK-DAG: memref.global "private" constant @weights_1 : memref<1024xf32>
// The first and the last read the same weights.
// CHECK-NOT: memref.global
// CHECK: func private @gemm_0
// CHECK: scf.for
// CHECK: vector.fma {{.*}} : vector<16xf32>
// CHECK: func @main(%{{.*}}: memref<1x8x8x32xf32>{{.*}}, %{{.*}}: memref<1x8x8x32xf32>{{.*}}, %{{.*}}: memref<{{[0-9]+}}xi8> {lw.arena})
// CHECK: call @gemm_0
// CHECK: call @elementwise_1
// CHECK: call @gemm_2
// CHECK: call @gemm_2
// CHECK: call @elementwise_
// CHECK-NOT: tensor<
// PROFILE: lw.layers = [{kernel = "gemm", label = "{{.*}}lw.pointwise_conv_2d
// PROFILE: call @lw_profile_mark
func.func @main(%x: tensor<1x8x8x32xf32>) -> tensor<1x8x8x32xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x32x32xf32>} : () -> tensor<1x1x32x32xf32>
  %v = "tosa.const"() {values = dense<0.25> : tensor<1x1x32x32xf32>} : () -> tensor<1x1x32x32xf32>
  %a = lw.pointwise_conv_2d %x, %w : (tensor<1x8x8x32xf32>, tensor<1x1x32x32xf32>) -> tensor<1x8x8x32xf32>
  %b = tosa.abs %a : (tensor<1x8x8x32xf32>) -> tensor<1x8x8x32xf32>
  %c = lw.pointwise_conv_2d %b, %v : (tensor<1x8x8x32xf32>, tensor<1x1x32x32xf32>) -> tensor<1x8x8x32xf32>
  %d = lw.pointwise_conv_2d %c, %w : (tensor<1x8x8x32xf32>, tensor<1x1x32x32xf32>) -> tensor<1x8x8x32xf32>
  %e = tosa.abs %d : (tensor<1x8x8x32xf32>) -> tensor<1x8x8x32xf32>
  return %e : tensor<1x8x8x32xf32>
}

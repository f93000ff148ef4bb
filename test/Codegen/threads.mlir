// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline="threads=2" | FileCheck %s
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels="threads=2 least-work=5" | FileCheck %s --check-prefix=SELECT

// SELECT: func.func @main({{.*}} attributes {lw.threads = array<i64: 2, 5>}

// Pixels are cut in two; each thread runs over all panels of weights.
// CHECK: func private @gemm_0
// CHECK: omp.parallel num_threads
// CHECK: omp.loop_nest ({{.*}}) : index = (%c0) to (%c2)
// Few pixels and many weights: the threads share the panels.
// CHECK: func private @gemm_1
// CHECK: omp.parallel num_threads
// CHECK: omp.loop_nest ({{.*}}) : index = (%c0) to (%c32)
// Rows of a depthwise layer.
// CHECK: func private @depthwise_{{[0-9]+}}
// CHECK: omp.parallel num_threads
// CHECK: omp.loop_nest ({{.*}}) : index = (%c0) to (%c2)
// Too little work to wake a thread for.
// CHECK: func private @gemm_{{[0-9]+}}
// CHECK-NOT: omp.parallel
// CHECK: func private @copy_{{[0-9]+}}
func.func @main(%x: tensor<1x56x56x64xf32>, %y: tensor<1x7x7x1024xf32>, %z: tensor<1x56x56x256xf32>, %t: tensor<1x8x8x16xf32>)
    -> (tensor<1x56x56x64xf32>, tensor<1x7x7x1024xf32>, tensor<1x56x56x256xf32>, tensor<1x8x8x16xf32>) {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x64x64xf32>} : () -> tensor<1x1x64x64xf32>
  %v = "tosa.const"() {values = dense<0.5> : tensor<1x1x1024x1024xf32>} : () -> tensor<1x1x1024x1024xf32>
  %d = "tosa.const"() {values = dense<0.5> : tensor<3x3x256x1xf32>} : () -> tensor<3x3x256x1xf32>
  %s = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x16xf32>} : () -> tensor<1x1x16x16xf32>
  %a = lw.pointwise_conv_2d %x, %w : (tensor<1x56x56x64xf32>, tensor<1x1x64x64xf32>) -> tensor<1x56x56x64xf32>
  %b = lw.pointwise_conv_2d %y, %v : (tensor<1x7x7x1024xf32>, tensor<1x1x1024x1024xf32>) -> tensor<1x7x7x1024xf32>
  %c = lw.depthwise_conv_2d %z, %d {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x56x56x256xf32>, tensor<3x3x256x1xf32>) -> tensor<1x56x56x256xf32>
  %e = lw.pointwise_conv_2d %t, %s : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32>
  return %a, %b, %c, %e : tensor<1x56x56x64xf32>, tensor<1x7x7x1024xf32>, tensor<1x56x56x256xf32>, tensor<1x8x8x16xf32>
}

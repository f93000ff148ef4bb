// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels="threads=2 least-work=0 winograd=never" --lw-plan-memory --lw-emit-kernels | FileCheck %s

// Threads that share twenty images wait once, not for each: the loop over the images
// is the parallel one, and the only one.
// CHECK-LABEL: func.func private @gemm
// CHECK: scf.for %{{.*}} = %{{.*}} to %c20
// CHECK-NOT: lw.parallel
// CHECK: } {lw.parallel}
// CHECK-NOT: lw.parallel
// CHECK: return
func.func @main(%x: tensor<20x5x5x64xf32>) -> tensor<20x3x3x64xf32> {
  %w = "tosa.const"() <{values = dense<0.5> : tensor<3x3x64x64xf32>}> : () -> tensor<3x3x64x64xf32>
  %y = lw.conv_2d %x, %w : (tensor<20x5x5x64xf32>, tensor<3x3x64x64xf32>) -> tensor<20x3x3x64xf32>
  return %y : tensor<20x3x3x64xf32>
}

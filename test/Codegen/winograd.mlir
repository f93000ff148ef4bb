// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels | FileCheck %s --check-prefixes=CHECK,AUTO
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels="winograd=always" | lw-opt --lw-verify-kernels | FileCheck %s --check-prefixes=CHECK,ALWAYS
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels="winograd=never" | FileCheck %s --check-prefix=NEVER
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline | FileCheck %s --check-prefix=CODE
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline="threads=2" | FileCheck %s --check-prefix=THREADS

// Whole tiles of 4x4 reach one row and two columns beyond the padding of 30x29.
// The halo of the first layer's input is the producer's to write.
// CHECK-LABEL: func @main
// NEVER-NOT: winograd
// CODE-LABEL: func private @winograd_
// The product is one gemm a point, 36 of them.
// CODE: arith.constant 36 : index
// CODE: vector.fma
// THREADS: omp.parallel
// THREADS-NOT: scf.parallel
func.func @main(%x: tensor<1x30x29x64xf32>) -> tensor<1x15x15x64xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x64x64xf32>} : () -> tensor<3x3x64x64xf32>
  // CHECK: lw.convert_layout
  // CHECK-SAME: #lw.layout<block = 16, halo = [1, 3, 1, 4]>
  // CHECK: lw.conv_2d
  // CHECK-SAME: #lw.winograd<outputs = 4, rows = {{[0-9]+}}, vectors = {{[0-9]+}}, threads = 1,
  %a = lw.conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x30x29x64xf32>, tensor<3x3x64x64xf32>) -> tensor<1x30x29x64xf32>
  // No kernel of this family has a stride.
  // CHECK: lw.conv_2d
  // CHECK-SAME: #lw.gemm<
  %b = lw.conv_2d %a, %w {padding = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<1x30x29x64xf32>, tensor<3x3x64x64xf32>) -> tensor<1x15x15x64xf32>
  %v = "tosa.const"() {values = dense<0.5> : tensor<1x1x64x2xf32>} : () -> tensor<1x1x64x2xf32>
  %c = lw.pointwise_conv_2d %b, %v : (tensor<1x15x15x64xf32>, tensor<1x1x64x2xf32>) -> tensor<1x15x15x2xf32>
  %u = "tosa.const"() {values = dense<0.5> : tensor<3x3x2x64xf32>} : () -> tensor<3x3x2x64xf32>
  // Two channels in a block of sixteen: transforms would cost more than they save.
  // CHECK: lw.pointwise_conv_2d
  // AUTO: lw.conv_2d
  // AUTO-SAME: #lw.gemm<
  // ALWAYS: lw.conv_2d
  // ALWAYS-SAME: #lw.winograd<
  %d = lw.conv_2d %c, %u {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x15x15x2xf32>, tensor<3x3x2x64xf32>) -> tensor<1x15x15x64xf32>
  return %d : tensor<1x15x15x64xf32>
}

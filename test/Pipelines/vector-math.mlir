// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-kernel-pipeline | FileCheck %s

// A sigmoid over vectors is arithmetic: no element of it calls the C library.
// CHECK-NOT: llvm.func @{{exp|fma|floor}}f
// CHECK: llvm.intr.fma{{.*}}vector<16xf32>
// CHECK-NOT: llvm.call @{{exp|fma|floor}}f
func.func @main(%x: tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32> {
  %y = tosa.sigmoid %x : (tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32>
  return %y : tensor<1x4x4x16xf32>
}

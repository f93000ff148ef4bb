// Tables are read in place by the kernel, constant ones and those that are computed; threads share
// what is worth it.
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline=threads=2 | FileCheck %s

// CHECK-DAG:   memref.global "private" constant @{{.*}} : memref<6400xf32>
// CHECK-LABEL: func private @gather_
// CHECK:       omp.parallel
// CHECK:       arith.minsi
// CHECK:       vector.load {{.*}} : memref<6400xf32>
// CHECK-LABEL: func private @gather_
// CHECK-NOT:   omp.parallel
// CHECK-LABEL: func @main
// CHECK-COUNT-2: call @gather_
// CHECK-NOT:   call @reference
func.func @main(%many: tensor<4096xi64>, %few: tensor<3xi32>) -> (tensor<4096x64xf32>, tensor<3x64xf32>) {
  %table = "tosa.const"() {values = dense<1.5> : tensor<100x64xf32>} : () -> tensor<100x64xf32>
  %y = lw.gather %table, %many {axis = 0 : i64} : (tensor<100x64xf32>, tensor<4096xi64>) -> tensor<4096x64xf32>
  %z = lw.gather %y, %few {axis = 0 : i64} : (tensor<4096x64xf32>, tensor<3xi32>) -> tensor<3x64xf32>
  return %y, %z : tensor<4096x64xf32>, tensor<3x64xf32>
}

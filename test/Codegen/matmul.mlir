// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-plan-memory | FileCheck %s --check-prefixes=PLAN,AVX512
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-select-kernels --lw-plan-memory | FileCheck %s --check-prefixes=PLAN,AVX2
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a76" --lw-select-kernels --lw-plan-memory | FileCheck %s --check-prefixes=PLAN,NEON
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-plan-memory --lw-verify-kernels --lw-emit-kernels | FileCheck %s --check-prefix=CODE
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels="threads=4 least-work=1" --lw-plan-memory --lw-emit-kernels | FileCheck %s --check-prefix=THREADS

// PLAN-LABEL: func @main
func.func @main(%a: tensor<3x50x64xf32>, %b: tensor<3x64x50xf32>, %c: tensor<3x50x5xf32>) -> tensor<3x50x5xf32> {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  // Accumulators fill most registers of each processor.
  // AVX512: tosa.matmul {{.*}}lw.kernel = #lw.matmul<tile = [{{[5-9]|1[0-4]}}, {{[2-4]}}]>
  // AVX2: tosa.matmul {{.*}}lw.kernel = #lw.matmul<tile = [{{[3-9]|1[0-3]}}, {{[1-4]}}]>
  // NEON: tosa.matmul {{.*}}lw.kernel = #lw.matmul<tile = [{{[2-9]|1[0-4]}}, {{[1-8]}}]>
  %s = tosa.matmul %a, %b, %z, %z : (tensor<3x50x64xf32>, tensor<3x64x50xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<3x50x50xf32>
  // PLAN: tosa.matmul {{.*}}lw.kernel = #lw.matmul<
  %r = tosa.matmul %s, %c, %z, %z : (tensor<3x50x50xf32>, tensor<3x50x5xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<3x50x5xf32>
  return %r : tensor<3x50x5xf32>
}

// 50 columns are three whole vectors and one that ends with the row: no masks.
// CODE-LABEL: func.func private @matmul_0
// CODE-NOT: vector.maskedload
// CODE: vector.fma
// CODE-NOT: vector.maskedstore
// Five columns are less than a vector.
// CODE-LABEL: func.func private @matmul_1
// CODE: vector.maskedload
// CODE: vector.fma
// CODE: vector.maskedstore

// Fewer products than threads: these share the rows.
// THREADS-LABEL: func.func private @matmul_0
// THREADS: scf.for %{{.*}} = %c0 to %c3
// THREADS: scf.for %{{.*}} = %c0 to %c3
// THREADS: } {lw.parallel}

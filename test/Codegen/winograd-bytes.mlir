// Where a processor multiplies 16 bits, 3x3 convolutions of bytes are transformed
// to them: transforms of tiles of 2x2 are exact, and multiply 2.25 times less.
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3" --lw-prepare-integers --lw-select-kernels | lw-opt --lw-verify-kernels | FileCheck %s --check-prefixes=PLAN,PAIRS
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3" --lw-prepare-integers --lw-select-kernels=winograd=never | FileCheck %s --check-prefixes=PLAN,BYTES
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3 features=+avxvnni" --lw-prepare-integers --lw-select-kernels=winograd=always | FileCheck %s --check-prefixes=PLAN,BYTES
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=znver4" --lw-prepare-integers --lw-select-kernels=winograd=always | FileCheck %s --check-prefixes=PLAN,BYTES
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a53" --lw-prepare-integers --lw-select-kernels=winograd=always | FileCheck %s --check-prefixes=PLAN,BYTES
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3" --lw-kernel-loops-pipeline | FileCheck %s --check-prefix=CODE
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3" --lw-kernel-loops-pipeline="threads=2" | FileCheck %s --check-prefix=THREADS

// CODE-LABEL: func private @winograd
// CODE-SAME: memref<{{[0-9]+}}xi16>, %{{.*}}: memref<{{[0-9]+}}xi16>, %{{.*}}: memref<{{[0-9]+}}xi32>
// Filters, products of 16 points, results.
// CODE: arith.extsi %{{.*}} : vector<16xi8> to vector<16xi16>
// CODE: arith.extui %{{.*}} : vector<16xi8> to vector<16xi16>
// CODE: scf.for {{.*}} to %c16
// CODE: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
// CODE: arith.shrsi %{{.*}} : vector<8xi32>
// CODE: llvm.call_intrinsic "llvm.x86.avx2.packuswb"
// THREADS: omp.parallel
// PLAN-LABEL: func @main
func.func @main(%x: tensor<1x28x27x48xi8>) -> tensor<1x28x27x32xi8> {
  %w = "tosa.const"() <{values = dense<-101> : tensor<3x3x48x32xi8>}> : () -> tensor<3x3x48x32xi8>
  // Tiles of two rows reach a column beyond the padding of 27 columns.
  // PAIRS: lw.convert_layout
  // PAIRS-SAME: #lw.layout<block = 16, halo = [1, 1, 1, 2]>
  // PLAN: lw.conv_2d
  // PAIRS-SAME: #lw.winograd<outputs = 2, rows = {{[0-9]+}}, vectors = {{[24]}}, threads = 1,
  // BYTES-SAME: #lw.gemm<
  %y = lw.conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>, quantization = #lw.conv_quant<input = <u8, 0.5, 3>,
         filter = [0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01],
         output = <u8, 0.5, 0>>} : (tensor<1x28x27x48xi8>, tensor<3x3x48x32xi8>) -> tensor<1x28x27x32xi8>
  return %y : tensor<1x28x27x32xi8>
}

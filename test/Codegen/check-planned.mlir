// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-select-kernels --lw-plan-memory --lw-emit-kernels -o /dev/null
// RUN: not lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-select-kernels --lw-emit-kernels 2>&1 | FileCheck %s --check-prefix=UNPLANNED
// RUN: not lw-opt %s --lw-set-target --lw-plan-memory 2>&1 | FileCheck %s --check-prefix=UNSELECTED
// RUN: not lw-opt %s --lw-set-target --lw-emit-kernels 2>&1 | FileCheck %s --check-prefix=UNSELECTED

// Without a place of its own an intermediate would take its operand's, which is
// the caller's input.

// UNPLANNED: error: has no place in memory; run --lw-plan-memory first
// UNSELECTED: error: has no kernel; run --lw-select-kernels first
func.func @main(%x: tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32> {
  %y = tosa.abs %x : (tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %z = tosa.exp %y : (tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  return %z : tensor<1x4x4x8xf32>
}

// RUN: not lw-opt %s --lw-select-kernels 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not lw-opt %s --lw-stream-stages 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not lw-opt %s --lw-verify-kernels 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not lw-opt %s --lw-plan-memory 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not lw-opt %s --lw-set-target --lw-plan-memory 2>&1 | FileCheck %s --check-prefix=UNSELECTED
// RUN: not lw-opt %s --lw-set-target --lw-verify-kernels 2>&1 | FileCheck %s --check-prefix=UNSELECTED
// RUN: not lw-opt %s --lw-emit-kernels 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not lw-opt %s --lw-set-target --lw-emit-kernels 2>&1 | FileCheck %s --check-prefix=UNSELECTED
// RUN: echo "module {}" | not lw-opt --lw-set-target --lw-select-kernels 2>&1 | FileCheck %s --check-prefix=MAIN

// TARGET: error: expects the module attribute lw.target; run --lw-set-target first
// UNSELECTED: error: has no kernel; run --lw-select-kernels
// MAIN: error: expects a function @main with a body
func.func @main(%x: tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32> {
  %y = tosa.abs %x : (tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  return %y : tensor<1x4x4x8xf32>
}

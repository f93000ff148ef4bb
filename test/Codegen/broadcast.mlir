// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-plan-memory --lw-verify-kernels | FileCheck %s --check-prefix=PLAN
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-plan-memory --lw-emit-kernels | FileCheck %s --check-prefix=CODE

// Every broadcast is one kernel; nothing is stretched first.
// PLAN-LABEL: func @main
// PLAN: tosa.sub {{.*}}lw.kernel = #lw.elementwise
// PLAN: tosa.add {{.*}}lw.kernel = #lw.elementwise
// A row-major value that is read row-major gets no blocks in between.
// PLAN-NOT: lw.convert_layout
// PLAN: tosa.reshape {{.*}}lw.kernel = #lw.alias
// PLAN: tosa.maximum {{.*}}lw.kernel = #lw.elementwise
// PLAN: tosa.reshape {{.*}}lw.kernel = #lw.alias
// PLAN: tosa.log {{.*}}lw.kernel = #lw.elementwise
func.func @main(%row: tensor<1x40xf32>, %column: tensor<40x1xf32>, %five: tensor<2x1x3x1x40xf32>, %other: tensor<1x5x1x7x1xf32>) -> (tensor<40x40xf32>, tensor<2x105x280xf32>) {
  %outer = tosa.sub %column, %row : (tensor<40x1xf32>, tensor<1x40xf32>) -> tensor<40x40xf32>
  %sum = tosa.add %five, %other : (tensor<2x1x3x1x40xf32>, tensor<1x5x1x7x1xf32>) -> tensor<2x5x3x7x40xf32>
  %s = tosa.const_shape {values = dense<[2, 5, 21, 40]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %r = tosa.reshape %sum, %s : (tensor<2x5x3x7x40xf32>, !tosa.shape<4>) -> tensor<2x5x21x40xf32>
  %half = "tosa.const"() {values = dense<0.5> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
  %m = tosa.maximum %r, %half : (tensor<2x5x21x40xf32>, tensor<1x1x1x1xf32>) -> tensor<2x5x21x40xf32>
  %t = tosa.const_shape {values = dense<[2, 15, 280]> : tensor<3xindex>} : () -> !tosa.shape<3>
  %n = tosa.reshape %m, %t : (tensor<2x5x21x40xf32>, !tosa.shape<3>) -> tensor<2x15x280xf32>
  %l = tosa.log %n : (tensor<2x15x280xf32>) -> tensor<2x15x280xf32>
  %u = tosa.const_shape {values = dense<[1, 7, 1]> : tensor<3xindex>} : () -> !tosa.shape<3>
  // PLAN: tosa.tile {{.*}}lw.kernel = #lw.copy
  %w = tosa.tile %l, %u : (tensor<2x15x280xf32>, !tosa.shape<3>) -> tensor<2x105x280xf32>
  return %outer, %w : tensor<40x40xf32>, tensor<2x105x280xf32>
}

// The one element of a row that all of its vectors meet is loaded before them.
// CODE-LABEL: func.func private @elementwise_0
// CODE: scf.for
// CODE: %[[ONE:.*]] = memref.load
// CODE: %[[ALL:.*]] = vector.broadcast %[[ONE]]
// CODE: scf.for
// CODE: %[[OTHER:.*]] = vector.load
// CODE: arith.subf %[[ALL]], %[[OTHER]]

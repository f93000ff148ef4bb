// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-plan-memory | FileCheck %s
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels | lw-opt --lw-verify-kernels -o /dev/null
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-select-kernels | lw-opt --lw-verify-kernels -o /dev/null
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a76" --lw-select-kernels | lw-opt --lw-verify-kernels -o /dev/null
// RUN: lw-opt %s --lw-print-cost -o /dev/null 2>&1 | FileCheck %s --check-prefix=COST

// T * N * D * G * H * H = 20 * 2 * 2 * 4 * 64 * 64, and a weight for each product
// of a step and sample.
// COST: lw.recurrent {{.*}} 1,310,720 {{.*}} 32,768

// CHECK-LABEL: func @main
func.func @main(%x: tensor<20x2x512xf32>, %g: tensor<20x2x192xf32>, %v: tensor<1x64x192xf32>)
    -> (tensor<20x2x2x64xf32>, tensor<21x2x2x64xf32>, tensor<20x1x2x64xf32>, tensor<20x1x2x64xf32>, tensor<21x2x2x64xf32>) {
  %r = "tosa.const"() {values = dense<0.01> : tensor<2x64x256xf32>} : () -> tensor<2x64x256xf32>
  %w = "tosa.const"() {values = dense<0.01> : tensor<1x64x192xf32>} : () -> tensor<1x64x192xf32>

  // The cell, a float for each direction, sample and unit, is kept beside the result ...
  // CHECK: lw.recurrent lstm {{.*}}lw.kernel = #lw.recurrent<{{.*}}lw.scratch = #lw.buffer<{{.*}}bytes = 1024>
  %0 = lw.recurrent lstm bidirectional %x, %r {
         activations = ["sigmoid", "tanh", "tanh", "sigmoid", "tanh", "tanh"],
         alphas = array<f32: 0.0, 0.0, 0.0, 0.0, 0.0, 0.0>, betas = array<f32: 0.0, 0.0, 0.0, 0.0, 0.0, 0.0>}
       : (tensor<20x2x512xf32>, tensor<2x64x256xf32>) -> tensor<20x2x2x64xf32>

  // ... or in its last row.
  // CHECK: lw.recurrent lstm
  // CHECK-SAME: lw.kernel = #lw.recurrent<
  // CHECK-NOT: lw.scratch
  %1 = lw.recurrent lstm bidirectional %x, %r {
         activations = ["sigmoid", "tanh", "tanh", "sigmoid", "tanh", "tanh"],
         alphas = array<f32: 0.0, 0.0, 0.0, 0.0, 0.0, 0.0>, betas = array<f32: 0.0, 0.0, 0.0, 0.0, 0.0, 0.0>, with_cell}
       : (tensor<20x2x512xf32>, tensor<2x64x256xf32>) -> tensor<21x2x2x64xf32>

  // Weights that are computed, and logarithms, have loops.
  // CHECK: lw.recurrent gru
  // CHECK-SAME: lw.kernel = #lw.reference
  %2 = lw.recurrent gru forward %g, %v {activations = ["sigmoid", "tanh"],
         alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>}
       : (tensor<20x2x192xf32>, tensor<1x64x192xf32>) -> tensor<20x1x2x64xf32>
  // CHECK: lw.recurrent gru
  // CHECK-SAME: lw.kernel = #lw.reference
  %3 = lw.recurrent gru forward %g, %w {activations = ["sigmoid", "softplus"],
         alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>}
       : (tensor<20x2x192xf32>, tensor<1x64x192xf32>) -> tensor<20x1x2x64xf32>

  // Of weights of bytes, the state as bytes, 64 of each direction and sample, and
  // their sums, which the zero point asks for.
  // CHECK: lw.recurrent lstm {{.*}}lw.kernel = #lw.recurrent<{{.*}}lw.scratch = #lw.buffer<{{.*}}bytes = 320>
  %b = "tosa.const"() {values = dense<7> : tensor<2x64x256xi8>} : () -> tensor<2x64x256xi8>
  %s = "tosa.const"() {values = dense<0.01> : tensor<2x256xf32>} : () -> tensor<2x256xf32>
  %4 = lw.recurrent lstm bidirectional %x, %b scales %s {
         activations = ["sigmoid", "tanh", "tanh", "sigmoid", "tanh", "tanh"],
         alphas = array<f32: 0.0, 0.0, 0.0, 0.0, 0.0, 0.0>, betas = array<f32: 0.0, 0.0, 0.0, 0.0, 0.0, 0.0>,
         zero_points = array<i32: 0, 5>, with_cell}
       : (tensor<20x2x512xf32>, tensor<2x64x256xi8>, tensor<2x256xf32>) -> tensor<21x2x2x64xf32>
  return %0, %1, %2, %3, %4 : tensor<20x2x2x64xf32>, tensor<21x2x2x64xf32>, tensor<20x1x2x64xf32>, tensor<20x1x2x64xf32>, tensor<21x2x2x64xf32>
}

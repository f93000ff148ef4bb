// RUN: lw-opt %s | lw-opt | FileCheck %s
// RUN: lw-opt %s --mlir-print-op-generic | lw-opt | FileCheck %s

// CHECK-LABEL: func @lstm
func.func @lstm(%x: tensor<20x2x512xf32>, %r: tensor<2x64x256xf32>, %h: tensor<2x2x64xf32>,
                %p: tensor<2x192xf32>) -> tensor<21x2x2x64xf32> {
  // CHECK: lw.recurrent lstm bidirectional %{{.*}}, %{{.*}} initial_hidden %{{.*}} initial_cell %{{.*}} peepholes %{{.*}} {activations = ["sigmoid", "tanh", "tanh", "hard_sigmoid", "tanh", "tanh"], {{.*}}clip = 3.000000e+00 : f32, input_forget, with_cell}
  %y = lw.recurrent lstm bidirectional %x, %r initial_hidden %h initial_cell %h peepholes %p {
         activations = ["sigmoid", "tanh", "tanh", "hard_sigmoid", "tanh", "tanh"],
         alphas = array<f32: 0.0, 0.0, 0.0, 0.2, 0.0, 0.0>,
         betas = array<f32: 0.0, 0.0, 0.0, 0.5, 0.0, 0.0>, clip = 3.0 : f32, input_forget, with_cell}
       : (tensor<20x2x512xf32>, tensor<2x64x256xf32>, tensor<2x2x64xf32>, tensor<2x2x64xf32>, tensor<2x192xf32>)
         -> tensor<21x2x2x64xf32>
  return %y : tensor<21x2x2x64xf32>
}

// CHECK-LABEL: func @gru
func.func @gru(%x: tensor<5x1x24xf32>, %r: tensor<1x8x24xf32>, %b: tensor<1x8xf32>) -> tensor<5x1x1x8xf32> {
  // CHECK: lw.recurrent gru reverse %{{.*}}, %{{.*}} bias %{{.*}} {{.*}}linear_before_reset}
  %y = lw.recurrent gru reverse %x, %r bias %b {activations = ["sigmoid", "tanh"],
         alphas = array<f32: 0.0, 0.0>, betas = array<f32: 0.0, 0.0>, linear_before_reset}
       : (tensor<5x1x24xf32>, tensor<1x8x24xf32>, tensor<1x8xf32>) -> tensor<5x1x1x8xf32>
  return %y : tensor<5x1x1x8xf32>
}

// CHECK-LABEL: func @bytes
func.func @bytes(%x: tensor<5x1x64xf32>, %r: tensor<2x8x32xi8>, %s: tensor<2x32xf32>) -> tensor<5x2x1x8xf32> {
  // CHECK: lw.recurrent lstm bidirectional %{{.*}}, %{{.*}} scales %{{.*}} {{.*}}zero_points = array<i32: 3, -128>}
  %y = lw.recurrent lstm bidirectional %x, %r scales %s {
         activations = ["sigmoid", "tanh", "tanh", "sigmoid", "tanh", "tanh"],
         alphas = array<f32: 0.0, 0.0, 0.0, 0.0, 0.0, 0.0>, betas = array<f32: 0.0, 0.0, 0.0, 0.0, 0.0, 0.0>,
         zero_points = array<i32: 3, -128>}
       : (tensor<5x1x64xf32>, tensor<2x8x32xi8>, tensor<2x32xf32>) -> tensor<5x2x1x8xf32>
  return %y : tensor<5x2x1x8xf32>
}

// Rows of an image of one channel and one column lie apart where a convolution wants a
// border around them. The signs that this norm gives are exact.
// RUN: lw-run %s --random-input=3 --output %t.reference.npz --reference
// RUN: lw-run %s --random-input=3 --output %t.kernels.npz
// RUN: cmp %t.kernels.npz %t.reference.npz
// RUN: lw-run %s --random-input=3 --output %t.threads.npz --threads=2 --cpu=x86-64
// RUN: cmp %t.threads.npz %t.reference.npz
func.func @main(%x: tensor<1x4x1x1xf32>) -> (tensor<1x4x1x1xf32>, tensor<1x4x1x2xf32>) {
  %bias = "tosa.const"() {values = dense<[[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]]> : tensor<1x4x1x1xf32>} : () -> tensor<1x4x1x1xf32>
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x1x2xf32>} : () -> tensor<3x3x1x2xf32>
  %n = lw.normalize %x bias %bias {axes = array<i64: 3>, epsilon = 0.0 : f32, kind = 2 : i32} : (tensor<1x4x1x1xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32>
  %y = lw.conv_2d %n, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x4x1x1xf32>, tensor<3x3x1x2xf32>) -> tensor<1x4x1x2xf32>
  return %n, %y : tensor<1x4x1x1xf32>, tensor<1x4x1x2xf32>
}

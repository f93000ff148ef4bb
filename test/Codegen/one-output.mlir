// A fully connected layer of one output is sums along the rows of the images
// where these make a vector.
// RUN: lw-opt %s --split-input-file --lw-set-target=cpu=x86-64-v4 --lw-select-kernels | FileCheck %s
// RUN: lw-opt %s --split-input-file --lw-set-target=cpu=x86-64-v3 --lw-select-kernels | FileCheck %s --check-prefix=V3

// CHECK: lw.pointwise_conv_2d {{.*}}lw.kernel = #lw.matmul<tile = [16, 1]>
// V3: lw.pointwise_conv_2d {{.*}}lw.kernel = #lw.matmul<tile = [8, 1]>
func.func @main(%x: tensor<40x1x1x33xf32>) -> tensor<40x1x1x1xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x33x1xf32>} : () -> tensor<1x1x33x1xf32>
  %b = "tosa.const"() {values = dense<0.25> : tensor<1xf32>} : () -> tensor<1xf32>
  %y = lw.pointwise_conv_2d %x, %w bias %b {activation = #lw.act<relu>} : (tensor<40x1x1x33xf32>, tensor<1x1x33x1xf32>, tensor<1xf32>) -> tensor<40x1x1x1xf32>
  return %y : tensor<40x1x1x1xf32>
}

// -----

// Too few images, and more outputs.
// CHECK-COUNT-2: lw.pointwise_conv_2d {{.*}}lw.kernel = #lw.gemm
func.func @main(%x: tensor<1x1x1x33xf32>) -> (tensor<1x1x1x1xf32>, tensor<1x1x1x2xf32>) {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x33x1xf32>} : () -> tensor<1x1x33x1xf32>
  %v = "tosa.const"() {values = dense<0.5> : tensor<1x1x33x2xf32>} : () -> tensor<1x1x33x2xf32>
  %y = lw.pointwise_conv_2d %x, %w : (tensor<1x1x1x33xf32>, tensor<1x1x33x1xf32>) -> tensor<1x1x1x1xf32>
  %z = lw.pointwise_conv_2d %x, %v : (tensor<1x1x1x33xf32>, tensor<1x1x33x2xf32>) -> tensor<1x1x1x2xf32>
  return %y, %z : tensor<1x1x1x1xf32>, tensor<1x1x1x2xf32>
}

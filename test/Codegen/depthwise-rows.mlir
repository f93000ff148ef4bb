// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3" --lw-select-kernels | FileCheck %s
// RUN: lwc %s --target=x86_64-linux-gnu --cpu=x86-64-v3 --quiet --emit=asm -o %t.s
// RUN: grep -c 'vfmadd.*(' %t.s | FileCheck %s --check-prefix=CODE

// Sixteen registers hold the weights of one row of a window: tiles are parts of a
// row. Of over 300 multiply-adds those alone read memory whose input no other needs,
// two in each row of a window.
// CODE: {{^[1-5]?[0-9]$}}
func.func @main(%x: tensor<1x28x28x64xf32>) -> tensor<1x28x28x64xf32> {
  %w3 = "tosa.const"() {values = dense<0.5> : tensor<3x3x64x1xf32>} : () -> tensor<3x3x64x1xf32>
  %w5 = "tosa.const"() {values = dense<0.5> : tensor<5x5x64x1xf32>} : () -> tensor<5x5x64x1xf32>
  // CHECK: lw.depthwise_conv_2d
  // CHECK-SAME: #lw.depthwise<tile = [1, {{7|8|9|10|11}}]>
  %a = lw.depthwise_conv_2d %x, %w3 {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x28x28x64xf32>, tensor<3x3x64x1xf32>) -> tensor<1x28x28x64xf32>
  // CHECK: lw.depthwise_conv_2d
  // CHECK-SAME: #lw.depthwise<tile = [1, {{7|8|9}}]>
  %b = lw.depthwise_conv_2d %a, %w5 {padding = array<i64: 2, 2, 2, 2>} : (tensor<1x28x28x64xf32>, tensor<5x5x64x1xf32>) -> tensor<1x28x28x64xf32>
  return %b : tensor<1x28x28x64xf32>
}

// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels | FileCheck %s

// Pixels of 1024 floats lie a way of L1 apart: a tile of more of them than there
// are ways would read each from L2. A few floats more, and the way is free.
// CHECK-LABEL: func @main
func.func @main(%x: tensor<20x1x1x1024xf32>, %y: tensor<20x1x1x1040xf32>) -> (tensor<20x1x1x4096xf32>, tensor<20x1x1x4096xf32>) {
  %v = "tosa.const"() <{values = dense<0.5> : tensor<1x1x1024x4096xf32>}> : () -> tensor<1x1x1024x4096xf32>
  %w = "tosa.const"() <{values = dense<0.5> : tensor<1x1x1040x4096xf32>}> : () -> tensor<1x1x1040x4096xf32>
  // CHECK: #lw.gemm<tile = [1, {{[1-8]}}, {{[0-9]+}}]
  %a = lw.pointwise_conv_2d %x, %v : (tensor<20x1x1x1024xf32>, tensor<1x1x1024x4096xf32>) -> tensor<20x1x1x4096xf32>
  // CHECK: #lw.gemm<tile = [1, 20, 1]
  %b = lw.pointwise_conv_2d %y, %w : (tensor<20x1x1x1040xf32>, tensor<1x1x1040x4096xf32>) -> tensor<20x1x1x4096xf32>
  return %a, %b : tensor<20x1x1x4096xf32>, tensor<20x1x1x4096xf32>
}

// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-plan-memory=limit=8192 | FileCheck %s
// RUN: not lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-plan-memory=limit=8191 2>&1 | FileCheck %s --check-prefix=LIMIT

// Both convolutions' results, 8 x 8 x 16 f32 each, live while the second is computed.
// CHECK: lw.buffer
// LIMIT: error: needs an arena of 8192 bytes, 8191 are allowed; most memory is in use by:
// LIMIT-DAG: {{^}}  4096 bytes for lw.pointwise_conv_2d 'first'
// LIMIT-DAG: {{^}}  4096 bytes for lw.pointwise_conv_2d 'second'
func.func @main(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x16x16xf32>} : () -> tensor<1x1x16x16xf32>
  %a = lw.pointwise_conv_2d %x, %w : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32> loc("first")
  %b = lw.pointwise_conv_2d %a, %w : (tensor<1x8x8x16xf32>, tensor<1x1x16x16xf32>) -> tensor<1x8x8x16xf32> loc("second")
  return %b : tensor<1x8x8x16xf32>
}

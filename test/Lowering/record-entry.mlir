// RUN: lw-opt %s --lw-record-entry --split-input-file | FileCheck %s

// What is known on tensors: names, shapes, and the cost, here 6 MACs of 6 weights.
// CHECK: lw.entry = {cost = {macs = 6 : i64, parameters = 6 : i64, weight_bytes = 24 : i64}, inputs = [{name = "x", shape = array<i64: 1, 1, 1, 2>, type = f32}], outputs = [{name = "output0", shape = array<i64: 1, 1, 1, 3>, type = f32}]}
func.func @main(%x: tensor<1x1x1x2xf32> {lw.name = "x"}) -> tensor<1x1x1x3xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x2x3xf32>} : () -> tensor<1x1x2x3xf32>
  %y = lw.pointwise_conv_2d %x, %w : (tensor<1x1x1x2xf32>, tensor<1x1x2x3xf32>) -> tensor<1x1x1x3xf32>
  return %y : tensor<1x1x1x3xf32>
}

// -----

// What cannot be computed is left out.
// CHECK: lw.entry = {inputs = [{name = "input0", shape = array<i64: 2>, type = f32}], outputs = []}
func.func @main(%x: tensor<2xf32>) {
  %u = tensor.empty() : tensor<1x1x2x3xf32>
  %v = tensor.cast %u : tensor<1x1x2x3xf32> to tensor<1x1x?x?xf32>
  %a = tensor.empty() : tensor<1x1x1x2xf32>
  %b = tensor.cast %a : tensor<1x1x1x2xf32> to tensor<?x1x1x?xf32>
  %y = lw.pointwise_conv_2d %b, %v : (tensor<?x1x1x?xf32>, tensor<1x1x?x?xf32>) -> tensor<?x1x1x?xf32>
  return
}

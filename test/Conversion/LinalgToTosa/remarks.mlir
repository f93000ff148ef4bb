// RUN: lw-opt %s --split-input-file --convert-linalg-to-tosa=remarks=true --verify-diagnostics

#id = affine_map<(i) -> (i)>

func.func @open(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-remark @below {{not raised to tosa: a type of it is tensor<?xf32>, expected a tensor of numbers whose extents are known}}
  %r = linalg.exp ins(%x : tensor<?xf32>) outs(%x : tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

// -----

#id = affine_map<(i) -> (i)>

func.func @function(%x: tensor<8xf32>) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  // expected-remark @below {{not raised to tosa: its body has 'math.cbrt', which has no form in tosa}}
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = math.cbrt %in : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

func.func @dilated(%x: tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32> {
  %m = arith.constant 0xFF800000 : f32
  %k = tensor.empty() : tensor<3x3xf32>
  %e = tensor.empty() : tensor<1x4x4x4xf32>
  %f = linalg.fill ins(%m : f32) outs(%e : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  // expected-remark @below {{not raised to tosa: tosa's pools have no dilations}}
  %a = linalg.pooling_nhwc_max {dilations = dense<2> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%x, %k : tensor<1x8x8x4xf32>, tensor<3x3xf32>) outs(%f : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  return %a : tensor<1x4x4x4xf32>
}

// RUN: lw-opt %s --convert-linalg-to-lw --split-input-file | FileCheck %s

#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#channel = affine_map<(n, h, w, c) -> (c)>

// gamma * (x - mean) / sqrt(variance + epsilon) + beta in one body:
// scale = [2, 3] / sqrt([3.5, 15.5] + 0.5) = [1, 0.75], offset = [10, 20] - scale * [1, 2] = [9, 18.5].
// CHECK-LABEL: func @one_body
// CHECK-DAG: %[[S:.*]] = "tosa.const"() <{values = dense<[1.000000e+00, 7.500000e-01]> : tensor<2xf32>}>
// CHECK-DAG: %[[O:.*]] = "tosa.const"() <{values = dense<[9.000000e+00, 1.850000e+01]> : tensor<2xf32>}>
// CHECK: %[[C:.*]] = lw.pointwise_conv_2d
// CHECK: lw.batch_norm %[[C]], %[[S]], %[[O]], %{{.*}}, %{{.*}} {epsilon = 0.000000e+00 : f32}
// CHECK-NOT: linalg.generic
func.func @one_body(%x: tensor<1x4x4x3xf32>, %w: tensor<1x1x3x2xf32>) -> tensor<1x4x4x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<1x4x4x2xf32>
  %gamma = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %beta = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %mean = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %variance = arith.constant dense<[3.5, 15.5]> : tensor<2xf32>
  %epsilon = arith.constant 0.5 : f32
  %y = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x4x4x3xf32>, tensor<1x1x3x2xf32>) outs(%zeros : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %e = tensor.empty() : tensor<1x4x4x2xf32>
  %z = linalg.generic {indexing_maps = [#id, #channel, #channel, #channel, #channel, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%y, %gamma, %beta, %mean, %variance : tensor<1x4x4x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<1x4x4x2xf32>) {
  ^bb0(%a: f32, %g: f32, %b: f32, %m: f32, %v: f32, %out: f32):
    %0 = arith.addf %v, %epsilon : f32
    %1 = math.rsqrt %0 : f32
    %2 = arith.subf %a, %m : f32
    %3 = arith.mulf %2, %1 : f32
    %4 = arith.mulf %3, %g : f32
    %5 = arith.addf %4, %b : f32
    linalg.yield %5 : f32
  } -> tensor<1x4x4x2xf32>
  return %z : tensor<1x4x4x2xf32>
}

// -----

// The same as four named operations on channels-first tensors, with the
// deviation computed from constants: 2 * (x - 1) / 2 + 10 and 3 * (x - 2) / 4 + 20.
// CHECK-LABEL: func @named_channels_first
// CHECK-DAG: %[[S:.*]] = "tosa.const"() <{values = dense<[1.000000e+00, 7.500000e-01]> : tensor<2xf32>}>
// CHECK-DAG: %[[O:.*]] = "tosa.const"() <{values = dense<[9.000000e+00, 1.850000e+01]> : tensor<2xf32>}>
// CHECK: %[[C:.*]] = lw.conv_2d
// CHECK: %[[N:.*]] = lw.batch_norm %[[C]], %[[S]], %[[O]]
// CHECK: linalg.transpose ins(%[[N]]
// CHECK-NOT: linalg.{{(add|sub|mul|div)}}
func.func @named_channels_first(%x: tensor<1x3x4x4xf32>, %w: tensor<2x3x3x3xf32>) -> tensor<1x2x2x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<1x2x2x2xf32>
  %gamma = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %beta = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %mean = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %variance = arith.constant dense<[4.0, 16.0]> : tensor<2xf32>
  %y = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x3x4x4xf32>, tensor<2x3x3x3xf32>) outs(%zeros : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %e1 = tensor.empty() : tensor<2xf32>
  %deviation = linalg.sqrt ins(%variance : tensor<2xf32>) outs(%e1 : tensor<2xf32>) -> tensor<2xf32>
  %g = linalg.broadcast ins(%gamma : tensor<2xf32>) outs(%e : tensor<1x2x2x2xf32>) dimensions = [0, 2, 3]
  %b = linalg.broadcast ins(%beta : tensor<2xf32>) outs(%e : tensor<1x2x2x2xf32>) dimensions = [0, 2, 3]
  %m = linalg.broadcast ins(%mean : tensor<2xf32>) outs(%e : tensor<1x2x2x2xf32>) dimensions = [0, 2, 3]
  %d = linalg.broadcast ins(%deviation : tensor<2xf32>) outs(%e : tensor<1x2x2x2xf32>) dimensions = [0, 2, 3]
  %0 = linalg.sub ins(%y, %m : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %1 = linalg.div ins(%0, %d : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %2 = linalg.mul ins(%g, %1 : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %3 = linalg.add ins(%2, %b : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %3 : tensor<1x2x2x2xf32>
}

// -----

// Not affine, not per channel, not constant, and not after a convolution.
#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#row = affine_map<(n, h, w, c) -> (h)>
// CHECK-LABEL: func @left_alone
// CHECK-NOT: lw.batch_norm
func.func @left_alone(%x: tensor<1x2x2x2xf32>, %w: tensor<1x1x2x2xf32>, %v: tensor<2xf32>) -> (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) {
  %zeros = arith.constant dense<0.0> : tensor<1x2x2x2xf32>
  %p = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %0 = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x2x2x2xf32>, tensor<1x1x2x2xf32>) outs(%zeros : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %square = linalg.mul ins(%0, %0 : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %1 = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x2x2x2xf32>, tensor<1x1x2x2xf32>) outs(%zeros : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %rows = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%1, %p : tensor<1x2x2x2xf32>, tensor<2xf32>) outs(%e : tensor<1x2x2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %3 = arith.mulf %a, %b : f32
    linalg.yield %3 : f32
  } -> tensor<1x2x2x2xf32>
  %2 = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x2x2x2xf32>, tensor<1x1x2x2xf32>) outs(%zeros : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %vb = linalg.broadcast ins(%v : tensor<2xf32>) outs(%e : tensor<1x2x2x2xf32>) dimensions = [0, 1, 2]
  %computed = linalg.add ins(%2, %vb : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %pb = linalg.broadcast ins(%p : tensor<2xf32>) outs(%e : tensor<1x2x2x2xf32>) dimensions = [0, 1, 2]
  %alone = linalg.add ins(%x, %pb : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %square, %rows, %computed, %alone : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>
}

// -----

// Two factors whose product is infinite are not joined.
// CHECK-LABEL: func @range
// CHECK: lw.batch_norm
// CHECK-NOT: lw.batch_norm
// CHECK: linalg.mul
func.func @range(%x: tensor<1x2x2x2xf32>, %w: tensor<1x1x2x2xf32>) -> tensor<1x2x2x2xf32> {
  %zeros = arith.constant dense<0.0> : tensor<1x2x2x2xf32>
  %p = arith.constant dense<1.0e30> : tensor<1x2x2x2xf32>
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %0 = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x2x2x2xf32>, tensor<1x1x2x2xf32>) outs(%zeros : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %1 = linalg.mul ins(%0, %p : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %2 = linalg.mul ins(%1, %p : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %2 : tensor<1x2x2x2xf32>
}

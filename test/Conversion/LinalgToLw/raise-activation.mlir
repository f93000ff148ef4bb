// RUN: lw-opt %s --convert-linalg-to-lw -split-input-file | FileCheck %s

// A relu beside a convolution in channels-first form is a clamp in lw's layout, so
// that the transposes meet and cancel.

#id = affine_map<(n, c, h, w) -> (n, c, h, w)>
#first = affine_map<(n, c, h, w) -> (0, c, h, w)>

// CHECK-LABEL: @between
// CHECK: %[[Y:.*]] = lw.conv_2d
// CHECK: %[[R:.*]] = tosa.clamp %[[Y]] {max_val = 0x7F800000 : f32, min_val = 0.000000e+00 : f32}
// CHECK-NOT: permutation = [0, {{[123], [123], [123]}}]
// CHECK: lw.conv_2d %[[R]]
func.func @between(%x: tensor<1x3x9x9xf32>, %w: tensor<8x3x3x3xf32>, %v: tensor<8x8x3x3xf32>) -> tensor<1x8x5x5xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x8x7x7xf32>
  %o = linalg.fill ins(%z : f32) outs(%e : tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  %y = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x3x9x9xf32>, tensor<8x3x3x3xf32>) outs(%o : tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  %r = linalg.generic {indexing_maps = [#first, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y : tensor<1x8x7x7xf32>) outs(%e : tensor<1x8x7x7xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf ugt, %in, %z : f32
    %s = arith.select %c, %in, %z : f32
    linalg.yield %s : f32
  } -> tensor<1x8x7x7xf32>
  %e2 = tensor.empty() : tensor<1x8x5x5xf32>
  %o2 = linalg.fill ins(%z : f32) outs(%e2 : tensor<1x8x5x5xf32>) -> tensor<1x8x5x5xf32>
  %q = linalg.conv_2d_nchw_fchw ins(%r, %v : tensor<1x8x7x7xf32>, tensor<8x8x3x3xf32>) outs(%o2 : tensor<1x8x5x5xf32>) -> tensor<1x8x5x5xf32>
  return %q : tensor<1x8x5x5xf32>
}

// -----

#id = affine_map<(n, h, w, c) -> (n, h, w, c)>

// What is zero comes from inside the body, from outside or from a tensor, and the
// comparison may be turned round.

// CHECK-LABEL: @spellings
// CHECK-COUNT-4: tosa.clamp
// CHECK-NOT: linalg.{{generic|max}}
// CHECK: return
func.func @spellings(%x: tensor<1x4x4x8xf32>, %w: tensor<1x1x8x8xf32>) -> (tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>) {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4x4x8xf32>
  %o = linalg.fill ins(%z : f32) outs(%e : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %y0 = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) outs(%o : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %y1 = linalg.conv_2d_nhwc_hwcf ins(%y0, %w : tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) outs(%o : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %r1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y1 : tensor<1x4x4x8xf32>) outs(%y1 : tensor<1x4x4x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %k = arith.constant 0.0 : f32
    %s = arith.maximumf %k, %in : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4x8xf32>
  %y2 = linalg.conv_2d_nhwc_hwcf ins(%y0, %w : tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) outs(%r1 : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %r2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y2 : tensor<1x4x4x8xf32>) outs(%e : tensor<1x4x4x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf olt, %in, %z : f32
    %s = arith.select %c, %z, %in : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4x8xf32>
  %y3 = linalg.conv_2d_nhwc_hwcf ins(%y0, %w : tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) outs(%r2 : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %r3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y3 : tensor<1x4x4x8xf32>) outs(%e : tensor<1x4x4x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf ule, %z, %in : f32
    %s = arith.select %c, %in, %z : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4x8xf32>
  %y4 = linalg.conv_2d_nhwc_hwcf ins(%y0, %w : tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) outs(%r3 : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %r4 = linalg.max ins(%y4, %o : tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>) outs(%e : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  return %r1, %r2, %r3, %r4 : tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>
}

// -----

#id = affine_map<(n, h, w, c) -> (n, h, w, c)>

// What turns NaN into zero, takes the lesser, or compares with something else is
// no relu of lw's.

// CHECK-LABEL: @others
// CHECK-NOT: tosa.clamp
// CHECK: return
func.func @others(%x: tensor<1x4x4x8xf32>, %w: tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32> {
  %z = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<1x4x4x8xf32>
  %o = linalg.fill ins(%z : f32) outs(%e : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %y1 = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) outs(%o : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %r1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y1 : tensor<1x4x4x8xf32>) outs(%e : tensor<1x4x4x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf ogt, %in, %z : f32
    %s = arith.select %c, %in, %z : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4x8xf32>
  %y2 = linalg.conv_2d_nhwc_hwcf ins(%r1, %w : tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) outs(%o : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %r2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y2 : tensor<1x4x4x8xf32>) outs(%e : tensor<1x4x4x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf ugt, %in, %z : f32
    %s = arith.select %c, %z, %in : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4x8xf32>
  %y3 = linalg.conv_2d_nhwc_hwcf ins(%r2, %w : tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>) outs(%o : tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %r3 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y3 : tensor<1x4x4x8xf32>) outs(%e : tensor<1x4x4x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = arith.maximumf %in, %one : f32
    linalg.yield %s : f32
  } -> tensor<1x4x4x8xf32>
  return %r3 : tensor<1x4x4x8xf32>
}

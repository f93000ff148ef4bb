// RUN: lw-opt %s --convert-linalg-to-lw --split-input-file | FileCheck %s

// Zeros below, and a zero pad around the image.
// CHECK-LABEL: func @nhwc_hwcf
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x8x8x3xf32>, %[[W:[^:]*]]: tensor<3x3x3x4xf32>, %[[I:[^:]*]]: tensor<?x4x4x4xf32>
// CHECK: %[[Y:.*]] = lw.conv_2d %[[X]], %[[W]] {padding = array<i64: 1, 0, 0, 1>, strides = array<i64: 2, 2>}
// CHECK: return %[[Y]]
func.func @nhwc_hwcf(%x: tensor<?x8x8x3xf32>, %w: tensor<3x3x3x4xf32>, %i: tensor<?x4x4x4xf32>) -> tensor<?x4x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 1, 0, 0] high[0, 0, 1, 0] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<?x8x8x3xf32> to tensor<?x9x9x3xf32>
  %init = linalg.fill ins(%zero : f32) outs(%i : tensor<?x4x4x4xf32>) -> tensor<?x4x4x4xf32>
  %y = linalg.conv_2d_nhwc_hwcf {strides = dense<2> : tensor<2xi64>} ins(%p, %w : tensor<?x9x9x3xf32>, tensor<3x3x3x4xf32>) outs(%init : tensor<?x4x4x4xf32>) -> tensor<?x4x4x4xf32>
  return %y : tensor<?x4x4x4xf32>
}

// -----

// A constant filter FHWC = [2, 1, 2, 1] takes lw's layout at once.
// CHECK-LABEL: func @nhwc_fhwc
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x4x4x1xf32>, %[[B:[^:]*]]: tensor<2xf32>
// CHECK: %[[W:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}0.000000e+00, 2.000000e+00]], {{\[\[}}1.000000e+00, 3.000000e+00]]]]> : tensor<1x2x1x2xf32>}>
// CHECK: lw.conv_2d %[[X]], %[[W]] bias %[[B]]
func.func @nhwc_fhwc(%x: tensor<1x4x4x1xf32>, %b: tensor<2xf32>) -> tensor<1x4x3x2xf32> {
  %w = arith.constant dense<[[[[0.0], [1.0]]], [[[2.0], [3.0]]]]> : tensor<2x1x2x1xf32>
  %e = tensor.empty() : tensor<1x4x3x2xf32>
  %init = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<1x4x3x2xf32>) dimensions = [0, 1, 2]
  %y = linalg.conv_2d_nhwc_fhwc ins(%x, %w : tensor<1x4x4x1xf32>, tensor<2x1x2x1xf32>) outs(%init : tensor<1x4x3x2xf32>) -> tensor<1x4x3x2xf32>
  return %y : tensor<1x4x3x2xf32>
}

// -----

// Between two channels-first convolutions the transposes cancel.
#channel = affine_map<(n, c, h, w) -> (c)>
#id = affine_map<(n, c, h, w) -> (n, c, h, w)>
// CHECK-LABEL: func @nchw
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x3x8x8xf32>, %[[W:[^:]*]]: tensor<4x3x3x3xf32>, %[[D:[^:]*]]: tensor<4x3x3xf32>, %[[B:[^:]*]]: tensor<4xf32>, %[[R:[^:]*]]: tensor<1x4x4x4xf32>
// CHECK-DAG: %[[XT:.*]] = linalg.transpose ins(%[[X]] : tensor<1x3x8x8xf32>) {{.*}} permutation = [0, 2, 3, 1]
// CHECK-DAG: %[[WT:.*]] = linalg.transpose ins(%[[W]] : {{.*}} permutation = [2, 3, 1, 0]
// CHECK: %[[C:.*]] = lw.conv_2d %[[XT]], %[[WT]] bias %[[B]] : {{.*}} -> tensor<1x6x6x4xf32>
// CHECK: %[[DT:.*]] = linalg.transpose ins(%[[D]] : {{.*}} permutation = [1, 2, 0]
// CHECK: %[[DE:.*]] = tensor.expand_shape %[[DT]] {{.*}} into tensor<3x3x4x1xf32>
// CHECK: %[[RT:.*]] = linalg.transpose ins(%[[R]] : {{.*}} permutation = [0, 2, 3, 1]
// CHECK: %[[Y:.*]] = lw.depthwise_conv_2d %[[C]], %[[DE]] residual %[[RT]]
// CHECK: linalg.transpose ins(%[[Y]] : {{.*}} permutation = [0, 3, 1, 2]
func.func @nchw(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %d: tensor<4x3x3xf32>, %b: tensor<4xf32>, %r: tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32> {
  %e = tensor.empty() : tensor<1x4x6x6xf32>
  %init = linalg.generic {indexing_maps = [#channel, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%b : tensor<4xf32>) outs(%e : tensor<1x4x6x6xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<1x4x6x6xf32>
  %y = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) outs(%init : tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  %z = linalg.depthwise_conv_2d_nchw_chw ins(%y, %d : tensor<1x4x6x6xf32>, tensor<4x3x3xf32>) outs(%r : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  return %z : tensor<1x4x4x4xf32>
}

// -----

// CHECK-LABEL: func @depthwise
// CHECK: tensor.expand_shape {{.*}} : tensor<3x3x4xf32> into tensor<3x3x4x1xf32>
// CHECK: lw.depthwise_conv_2d {{.*}} (tensor<1x8x8x4xf32>, tensor<3x3x4x1xf32>)
// CHECK: %[[Y:.*]] = lw.depthwise_conv_2d {{.*}} (tensor<1x6x6x4xf32>, tensor<3x3x4x2xf32>) -> tensor<1x4x4x8xf32>
// CHECK: tensor.expand_shape %[[Y]] {{\[\[}}0], [1], [2], [3, 4]] {{.*}} into tensor<1x4x4x4x2xf32>
func.func @depthwise(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4xf32>, %w2: tensor<3x3x4x2xf32>) -> tensor<1x4x4x4x2xf32> {
  %init = arith.constant dense<0.0> : tensor<1x6x6x4xf32>
  %init2 = arith.constant dense<0.0> : tensor<1x4x4x4x2xf32>
  %y = linalg.depthwise_conv_2d_nhwc_hwc ins(%x, %w : tensor<1x8x8x4xf32>, tensor<3x3x4xf32>) outs(%init : tensor<1x6x6x4xf32>) -> tensor<1x6x6x4xf32>
  %z = linalg.depthwise_conv_2d_nhwc_hwcm ins(%y, %w2 : tensor<1x6x6x4xf32>, tensor<3x3x4x2xf32>) outs(%init2 : tensor<1x4x4x4x2xf32>) -> tensor<1x4x4x4x2xf32>
  return %z : tensor<1x4x4x4x2xf32>
}

// -----

// CHECK-LABEL: func @grouped
// CHECK: lw.conv_2d {{.*}} bias {{.*}} {groups = 2 : i64} : (tensor<1x8x8x6xf32>, tensor<3x3x3x8xf32>, tensor<8xf32>) -> tensor<1x6x6x8xf32>
// CHECK: lw.conv_2d {{.*}} {groups = 2 : i64} : (tensor<1x8x8x6xf32>, tensor<3x3x3x8xf32>) -> tensor<1x6x6x8xf32>
// CHECK: lw.conv_2d {{.*}} {groups = 2 : i64} : (tensor<1x8x8x6xf32>, tensor<3x3x3x8xf32>) -> tensor<1x6x6x8xf32>
func.func @grouped(%x: tensor<1x8x8x2x3xf32>, %w: tensor<2x4x3x3x3xf32>, %b: tensor<2x4xf32>, %xf: tensor<1x2x3x8x8xf32>, %wf: tensor<4x2x3x3x3xf32>)
    -> (tensor<1x6x6x2x4xf32>, tensor<1x2x4x6x6xf32>, tensor<1x2x4x6x6xf32>) {
  %e = tensor.empty() : tensor<1x6x6x2x4xf32>
  %init = linalg.broadcast ins(%b : tensor<2x4xf32>) outs(%e : tensor<1x6x6x2x4xf32>) dimensions = [0, 1, 2]
  %y = linalg.conv_2d_nhwgc_gfhwc ins(%x, %w : tensor<1x8x8x2x3xf32>, tensor<2x4x3x3x3xf32>) outs(%init : tensor<1x6x6x2x4xf32>) -> tensor<1x6x6x2x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x2x4x6x6xf32>
  %z = linalg.conv_2d_ngchw_gfchw ins(%xf, %w : tensor<1x2x3x8x8xf32>, tensor<2x4x3x3x3xf32>) outs(%zeros : tensor<1x2x4x6x6xf32>) -> tensor<1x2x4x6x6xf32>
  %u = linalg.conv_2d_ngchw_fgchw ins(%xf, %wf : tensor<1x2x3x8x8xf32>, tensor<4x2x3x3x3xf32>) outs(%zeros : tensor<1x2x4x6x6xf32>) -> tensor<1x2x4x6x6xf32>
  return %y, %z, %u : tensor<1x6x6x2x4xf32>, tensor<1x2x4x6x6xf32>, tensor<1x2x4x6x6xf32>
}

// -----

// Left alone: a pad with another value stays, an output that is smaller than
// the window positions, quantized forms, dynamic image extents.
// CHECK-LABEL: func @left_alone
// CHECK: tensor.pad
// CHECK: lw.conv_2d
// CHECK-NOT: padding
// CHECK: linalg.conv_2d_nhwc_hwcf
// CHECK: linalg.conv_2d_nhwc_hwcf_q
// CHECK: linalg.conv_2d_nhwc_hwcf
func.func @left_alone(%x: tensor<1x8x8x3xf32>, %w: tensor<3x3x3x4xf32>, %i: tensor<1x8x8x4xf32>, %j: tensor<1x4x4x4xf32>, %q: tensor<1x8x8x3xi8>, %wq: tensor<3x3x3x4xi8>, %k: tensor<1x6x6x4xi32>, %dx: tensor<1x?x?x3xf32>, %di: tensor<1x?x?x4xf32>)
    -> (tensor<1x8x8x4xf32>, tensor<1x4x4x4xf32>, tensor<1x6x6x4xi32>, tensor<1x?x?x4xf32>) {
  %one = arith.constant 1.0 : f32
  %p = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %one : f32
  } : tensor<1x8x8x3xf32> to tensor<1x10x10x3xf32>
  %0 = linalg.conv_2d_nhwc_hwcf ins(%p, %w : tensor<1x10x10x3xf32>, tensor<3x3x3x4xf32>) outs(%i : tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  %1 = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<1x8x8x3xf32>, tensor<3x3x3x4xf32>) outs(%j : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %zp = arith.constant 1 : i32
  %2 = linalg.conv_2d_nhwc_hwcf_q ins(%q, %wq, %zp, %zp : tensor<1x8x8x3xi8>, tensor<3x3x3x4xi8>, i32, i32) outs(%k : tensor<1x6x6x4xi32>) -> tensor<1x6x6x4xi32>
  %3 = linalg.conv_2d_nhwc_hwcf ins(%dx, %w : tensor<1x?x?x3xf32>, tensor<3x3x3x4xf32>) outs(%di : tensor<1x?x?x4xf32>) -> tensor<1x?x?x4xf32>
  return %0, %1, %2, %3 : tensor<1x8x8x4xf32>, tensor<1x4x4x4xf32>, tensor<1x6x6x4xi32>, tensor<1x?x?x4xf32>
}

// -----

// lw's own lowering raises back to what it was.
// RUN: lw-opt %s --convert-lw-to-linalg --convert-linalg-to-lw --split-input-file | FileCheck %s --check-prefix=ROUND
// ROUND-LABEL: func @round_trip
// ROUND-SAME: %[[X:[^:]*]]: tensor<1x8x8x4xf32>, %[[W:[^:]*]]: tensor<3x3x4x2xf32>, %[[G:[^:]*]]: tensor<3x3x4x6xf32>, %[[B:[^:]*]]: tensor<6xf32>
// ROUND: %[[D:.*]] = lw.depthwise_conv_2d %[[X]], %[[W]] {padding = array<i64: 1, 1, 1, 1>}
// ROUND: lw.conv_2d %[[D]], %{{.*}} bias %[[B]] {groups = 2 : i64, padding = array<i64: 0, 1, 0, 1>}
func.func @round_trip(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x2xf32>, %g: tensor<3x3x4x6xf32>, %b: tensor<6xf32>) -> tensor<1x7x7x6xf32> {
  %0 = lw.depthwise_conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x8x8x4xf32>, tensor<3x3x4x2xf32>) -> tensor<1x8x8x8xf32>
  %1 = lw.conv_2d %0, %g bias %b {groups = 2 : i64, padding = array<i64: 0, 1, 0, 1>} : (tensor<1x8x8x8xf32>, tensor<3x3x4x6xf32>, tensor<6xf32>) -> tensor<1x7x7x6xf32>
  return %1 : tensor<1x7x7x6xf32>
}

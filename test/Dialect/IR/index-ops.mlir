// RUN: lw-opt %s --split-input-file --verify-diagnostics | lw-opt | FileCheck %s

// CHECK-LABEL: @valid
func.func @valid(%t: tensor<9x4xf32>, %i: tensor<2x3xi64>, %k: tensor<?x2xi32>,
                 %boxes: tensor<1x9x4xf32>, %scores: tensor<1x2x9xf32>) {
  // CHECK: lw.gather %{{.*}}, %{{.*}} {axis = 0 : i64}
  %a = lw.gather %t, %i {axis = 0 : i64} : (tensor<9x4xf32>, tensor<2x3xi64>) -> tensor<2x3x4xf32>
  // CHECK: lw.non_max_suppression %{{.*}}, %{{.*}} {center_point, iou_threshold = 5.000000e-01 : f32, score_threshold = 0.000000e+00 : f32}
  %n = lw.non_max_suppression %boxes, %scores {center_point, iou_threshold = 0.5 : f32, score_threshold = 0.0 : f32} : (tensor<1x9x4xf32>, tensor<1x2x9xf32>) -> tensor<6x3xi64>
  // CHECK: lw.gather_nd
  %b = lw.gather_nd %t, %k : (tensor<9x4xf32>, tensor<?x2xi32>) -> tensor<?xf32>
  // CHECK: lw.top_k %{{.*}} {axis = 1 : i64, largest}
  %c = lw.top_k %t {axis = 1 : i64, largest} : tensor<9x4xf32> -> tensor<9x2xi64>
  // CHECK: lw.cum_sum %{{.*}} {axis = 1 : i64, reverse}
  %d = lw.cum_sum %t {axis = 1 : i64, reverse} : tensor<9x4xf32>
  return
}

// -----

func.func @axis(%t: tensor<9x4xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{expects an axis below 2, found 2}}
  %a = lw.gather %t, %i {axis = 2 : i64} : (tensor<9x4xf32>, tensor<2xi64>) -> tensor<9x4x2xf32>
  return
}

// -----

func.func @shape(%t: tensor<9x4xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{expects a result of shape [2, 4], found 'tensor<2x5xf32>'}}
  %a = lw.gather %t, %i {axis = 0 : i64} : (tensor<9x4xf32>, tensor<2xi64>) -> tensor<2x5xf32>
  return
}

// -----

func.func @elements(%t: tensor<9x4xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{expects a result with elements of 'f32', found 'tensor<2x4xi32>'}}
  %a = lw.gather %t, %i {axis = 0 : i64} : (tensor<9x4xf32>, tensor<2xi64>) -> tensor<2x4xi32>
  return
}

// -----

func.func @empty(%t: tensor<0x4xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{expects a table that is not empty}}
  %a = lw.gather %t, %i {axis = 0 : i64} : (tensor<0x4xf32>, tensor<2xi64>) -> tensor<2x4xf32>
  return
}

// -----

func.func @beside(%t: tensor<3x4xf32>, %i: tensor<4x2xi64>) {
  // expected-error @+1 {{expects indices that are no larger than 'tensor<3x4xf32>' beside the axis, found 'tensor<4x2xi64>'}}
  %a = lw.gather_elements %t, %i {axis = 1 : i64} : (tensor<3x4xf32>, tensor<4x2xi64>) -> tensor<4x2xf32>
  return
}

// -----

func.func @tuples(%t: tensor<3x4xf32>, %i: tensor<4x3xi64>) {
  // expected-error @+1 {{expects tuples of 1 to 2 indices, found 3}}
  %a = lw.gather_nd %t, %i : (tensor<3x4xf32>, tensor<4x3xi64>) -> tensor<4xf32>
  return
}

// -----

func.func @reduction(%t: tensor<3xf32>, %i: tensor<1x1xi64>, %u: tensor<1xf32>) {
  // expected-error @+1 {{is none, add, mul, max or min}}
  %a = lw.scatter_nd %t, %i, %u {reduction = "sub"} : (tensor<3xf32>, tensor<1x1xi64>, tensor<1xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @many(%t: tensor<3x4xf32>) {
  // expected-error @+1 {{expects at most 4 elements along axis 1, found 5}}
  %a = lw.top_k %t {axis = 1 : i64, largest} : tensor<3x4xf32> -> tensor<3x5xi64>
  return
}

// -----

func.func @grid(%x: tensor<1x4x4x2xf32>, %g: tensor<1x3x3x3xf32>) {
  // expected-error @+1 {{expects a grid of shape [1, 3, 3, 2], found 'tensor<1x3x3x3xf32>'}}
  %a = lw.grid_sample %x, %g : (tensor<1x4x4x2xf32>, tensor<1x3x3x3xf32>) -> tensor<1x3x3x2xf32>
  return
}

// -----

func.func @boxes(%b: tensor<2x9x4xf32>, %s: tensor<2x3x8xf32>) {
  // expected-error @+1 {{expects boxes of shape [2, 8, 4], found 'tensor<2x9x4xf32>'}}
  %a = lw.non_max_suppression %b, %s {iou_threshold = 0.5 : f32, score_threshold = 0.0 : f32} : (tensor<2x9x4xf32>, tensor<2x3x8xf32>) -> tensor<12x3xi64>
  return
}

// -----

func.func @rows(%b: tensor<2x8x4xf32>, %s: tensor<2x3x8xf32>) {
  // expected-error @+1 {{expects a result of 3 columns and as many rows for each of 6 classes}}
  %a = lw.non_max_suppression %b, %s {iou_threshold = 0.5 : f32, score_threshold = 0.0 : f32} : (tensor<2x8x4xf32>, tensor<2x3x8xf32>) -> tensor<13x3xi64>
  return
}

// The first layer has the same binomial filter in all channels: without any loss
// it is a column of three taps to one channel, then a row of three.
//
// RUN: %python %S/Inputs/samples.py %t.npy 64 8 8 4
// RUN: lwc %s -o %t.mlir --quiet --separable=max-error=1e-6 --calibrate=%t.npy --json=%t.json
// RUN: FileCheck %s < %t.mlir
// RUN: FileCheck %s --check-prefix=JSON < %t.json
// RUN: lwc %s -o %t.mlir --separable=macs=50x --calibrate=%t.npy 2>&1 | FileCheck %s --check-prefix=TABLE

// CHECK: %[[COLUMN:.*]] = lw.conv_2d %arg0, %{{[0-9]+}} {padding = array<i64: 1, 1, 0, 0>}
// CHECK-SAME: tensor<3x1x4x1xf32>) -> tensor<1x8x8x1xf32>
// CHECK: lw.conv_2d %[[COLUMN]], {{.*}} residual %arg0 {activation = #lw.act<relu>, padding = array<i64: 0, 0, 1, 1>}
// CHECK-SAME: tensor<1x3x1x4xf32>, tensor<4xf32>, tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
// CHECK: lw.pointwise_conv_2d

// JSON: "feasible": true
// JSON: "form": "3x1 to 1, 1x3"
// JSON: "layer": "first"
// JSON: "rewritten": true
// JSON: "macs_after": 2048

// TABLE: layer form MACs before MACs after
// TABLE: first 3x1 to 1, 1x3 9,216 1,536 6.00
// TABLE: warning: cannot reach 50.00 times fewer MACs

func.func @main(%x: tensor<1x8x8x4xf32>) -> tensor<1x8x8x2xf32> {
  %w = "tosa.const"() <{values = dense<[
    [[[0.0625, 0.0625, 0.0625, 0.0625], [0.0625, 0.0625, 0.0625, 0.0625], [0.0625, 0.0625, 0.0625, 0.0625], [0.0625, 0.0625, 0.0625, 0.0625]],
     [[0.125, 0.125, 0.125, 0.125], [0.125, 0.125, 0.125, 0.125], [0.125, 0.125, 0.125, 0.125], [0.125, 0.125, 0.125, 0.125]],
     [[0.0625, 0.0625, 0.0625, 0.0625], [0.0625, 0.0625, 0.0625, 0.0625], [0.0625, 0.0625, 0.0625, 0.0625], [0.0625, 0.0625, 0.0625, 0.0625]]],
    [[[0.125, 0.125, 0.125, 0.125], [0.125, 0.125, 0.125, 0.125], [0.125, 0.125, 0.125, 0.125], [0.125, 0.125, 0.125, 0.125]],
     [[0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]],
     [[0.125, 0.125, 0.125, 0.125], [0.125, 0.125, 0.125, 0.125], [0.125, 0.125, 0.125, 0.125], [0.125, 0.125, 0.125, 0.125]]],
    [[[0.0625, 0.0625, 0.0625, 0.0625], [0.0625, 0.0625, 0.0625, 0.0625], [0.0625, 0.0625, 0.0625, 0.0625], [0.0625, 0.0625, 0.0625, 0.0625]],
     [[0.125, 0.125, 0.125, 0.125], [0.125, 0.125, 0.125, 0.125], [0.125, 0.125, 0.125, 0.125], [0.125, 0.125, 0.125, 0.125]],
     [[0.0625, 0.0625, 0.0625, 0.0625], [0.0625, 0.0625, 0.0625, 0.0625], [0.0625, 0.0625, 0.0625, 0.0625], [0.0625, 0.0625, 0.0625, 0.0625]]]]>
    : tensor<3x3x4x4xf32>}> : () -> tensor<3x3x4x4xf32>
  %p = "tosa.const"() <{values = dense<[[[[1.0, 2.0], [3.0, -4.0], [5.0, 6.0], [-7.0, 8.0]]]]> : tensor<1x1x4x2xf32>}> : () -> tensor<1x1x4x2xf32>
  %0 = lw.conv_2d %x, %w residual %x {padding = array<i64: 1, 1, 1, 1>, activation = #lw.act<relu>}
    : (tensor<1x8x8x4xf32>, tensor<3x3x4x4xf32>, tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> loc("first")
  %1 = lw.pointwise_conv_2d %0, %p : (tensor<1x8x8x4xf32>, tensor<1x1x4x2xf32>) -> tensor<1x8x8x2xf32> loc("second")
  return %1 : tensor<1x8x8x2xf32>
}

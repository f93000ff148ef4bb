// RUN: lw-opt %s --convert-linalg-to-lw | FileCheck %s

// A convolution of rows is one of images that are one row high; its pad and its
// bias go with it.

// CHECK-LABEL: func.func @rows
// CHECK: lw.conv_2d %{{.*}}, %{{.*}} bias %arg2 {padding = array<i64: 0, 0, 2, 2>, strides = array<i64: 1, 2>} : (tensor<1x1x40x8xf32>, tensor<1x5x8x16xf32>, tensor<16xf32>) -> tensor<1x1x20x16xf32>
// CHECK: lw.depthwise_conv_2d {{.*}} : (tensor<1x1x20x16xf32>, tensor<1x3x16x1xf32>) -> tensor<1x1x18x16xf32>
// CHECK-NOT: linalg.{{conv|depthwise}}
func.func @rows(%x: tensor<1x8x40xf32>, %w: tensor<16x8x5xf32>, %b: tensor<16xf32>, %d: tensor<16x3xf32>) -> tensor<1x16x18xf32> {
  %z = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 0, 2] high[0, 0, 2] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %z : f32
  } : tensor<1x8x40xf32> to tensor<1x8x44xf32>
  %e = tensor.empty() : tensor<1x16x20xf32>
  %i = linalg.broadcast ins(%b : tensor<16xf32>) outs(%e : tensor<1x16x20xf32>) dimensions = [0, 2]
  %y = linalg.conv_1d_ncw_fcw {dilations = dense<1> : vector<1xi64>, strides = dense<2> : vector<1xi64>} ins(%p, %w : tensor<1x8x44xf32>, tensor<16x8x5xf32>) outs(%i : tensor<1x16x20xf32>) -> tensor<1x16x20xf32>
  %f = tensor.empty() : tensor<1x16x18xf32>
  %g = linalg.fill ins(%z : f32) outs(%f : tensor<1x16x18xf32>) -> tensor<1x16x18xf32>
  %v = linalg.depthwise_conv_1d_ncw_cw {dilations = dense<1> : vector<1xi64>, strides = dense<1> : vector<1xi64>} ins(%y, %d : tensor<1x16x20xf32>, tensor<16x3xf32>) outs(%g : tensor<1x16x18xf32>) -> tensor<1x16x18xf32>
  return %v : tensor<1x16x18xf32>
}

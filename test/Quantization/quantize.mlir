// Every kind of operation that has an integer form, with parameters that go
// through where elements are only moved, for a processor that multiplies bytes.
//
// RUN: %python %S/../Reconstruction/Inputs/samples.py %t.npy 64 8 8 4
// RUN: lwc %S/Inputs/network.mlir -o %t.mlir --cpu=znver4 --quantize=int8 --calibrate=%t.npy --json=%t.json 2>&1 | FileCheck %s --check-prefix=TABLE
// RUN: FileCheck %s < %t.mlir
// RUN: FileCheck %s --check-prefix=JSON < %t.json

// CHECK: %[[IN:.*]] = lw.quantize %arg0 to <u8, {{.*}}, 127>
// CHECK: %[[RELU:.*]] = lw.pointwise_conv_2d %[[IN]], {{.*}}activation = #lw.act<relu>{{.*}}output = <s8, [[BOTH:.*]], -128>>
// CHECK: %[[SUM:.*]] = lw.conv_2d %[[RELU]], {{.*}} residual %[[RELU]] {{{.*}}residual = <s8, [[BOTH]], -128>>
// The convolution gives the argument of silu, the table has it applied.
// CHECK: %[[BEFORE:.*]] = lw.depthwise_conv_2d %[[SUM]]
// CHECK-NOT: activation
// CHECK-SAME: -> tensor<1x8x8x8xi8>
// CHECK: %[[SILU:.*]] = lw.lookup %[[BEFORE]]
// CHECK: %[[SHUFFLE:.*]] = lw.channel_shuffle %[[SILU]] {groups = 2 : i64} : tensor<1x8x8x8xi8>
// CHECK: %[[CLAMP:.*]] = lw.pointwise_conv_2d %[[SHUFFLE]]{{.*}}activation = #lw.act<clamp, 0.000000e+00, 6.000000e+00>
// An average is a sum of 64 with the filter scale 1/64.
// CHECK: %[[AVERAGE:.*]] = lw.depthwise_conv_2d %[[CLAMP]]{{.*}}filter = [1.562500e-02,{{.*}}tensor<8x8x8x1xi8>) -> tensor<1x1x1x8xi8>
// CHECK: %[[GATES:.*]] = lw.pointwise_conv_2d %[[AVERAGE]]
// CHECK: %[[GATE:.*]] = lw.lookup %[[GATES]]
// CHECK: %[[SCALED:.*]] = lw.mul %[[CLAMP]] {{.*}}, %[[GATE]]
// CHECK: %[[ADDED:.*]] = lw.add %[[SCALED]] {{.*}}, %[[SHUFFLE]]
// CHECK: %[[TANH:.*]] = lw.lookup %[[ADDED]]
// The maximum of tosa compares signed bytes; its pad is the least of them.
// CHECK: %[[MAX:.*]] = tosa.max_pool2d %[[TANH]] {{.*}}pad = array<i64: 1, 1, 1, 1>
// CHECK: %[[CONCAT:.*]] = tosa.concat %[[MAX]], %[[RELU]]
// CHECK: %[[LAST:.*]] = lw.pointwise_conv_2d %[[CONCAT]]{{.*}}input = <s8, [[BOTH]], -128>{{.*}} -> tensor<1x1x1x8xf32>
// CHECK: tosa.reshape %[[LAST]]
// CHECK-NOT: lw.dequantize

// TABLE: quantization by int8 on 64 samples
// TABLE: relu lw.pointwise_conv_2d int8 2,048 0.000
// TABLE: silu#1 lw.depthwise_conv_2d int8
// TABLE: last lw.pointwise_conv_2d int8 to f32 128
// TABLE: scores tosa.reshape f32
// TABLE: 100.0 % of 47,808 MACs on integers
// TABLE: the outputs move by

// The layers that move the outputs most stay in f32; those that are named, too.
// RUN: lwc %S/Inputs/network.mlir -o %t.mlir --cpu=znver4 --quantize=int8,max-error=1e-5,skip=clamp --calibrate=%t.npy 2>&1 | FileCheck %s --check-prefix=BUDGET
// BUDGET: relu lw.pointwise_conv_2d f32 {{.*}} kept: it moves the outputs by
// BUDGET: silu#1 lw.depthwise_conv_2d int8
// BUDGET: clamp lw.pointwise_conv_2d f32 {{.*}} skipped
// BUDGET: the outputs move by {{[0-9.]+}}e-{{0[6-9]|1[0-9]}} of their variance

// JSON: "quantization": {
// JSON: "name": "relu",
// JSON-NEXT: "operation": "lw.pointwise_conv_2d",
// JSON-NEXT: "precision": "int8",

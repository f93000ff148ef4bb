// Every convolution and what belongs to it, on images as an ONNX network has
// them: one name a layer, no Transpose.

// REQUIRES: python-onnx
// RUN: lw-opt %s --mlir-print-debuginfo -o %t.mlir
// RUN: lw-translate --export-onnx %t.mlir -o %t.onnx
// RUN: %onnx_python %S/Inputs/print_onnx.py %t.onnx | FileCheck %s --implicit-check-not="Transpose("

// CHECK: opset 17, IR 8, lw
// CHECK: input image: FLOAT [1x4x6x6]
// CHECK-DAG: constant stem_weight: FLOAT [8x4x3x3]
// CHECK-DAG: constant stem_bias: FLOAT [8]
// CHECK-DAG: constant grouped_weight: FLOAT [8x2x1x3]
// CHECK-DAG: constant deep_weight: FLOAT [16x1x3x3]
// CHECK-DAG: constant [[LOW:.*]]: FLOAT [] = -1
// CHECK-DAG: constant [[HIGH:.*]]: FLOAT [] = 6
// The matrix is that of the image as it is held.
// CHECK-DAG: constant full_weight: FLOAT [5x72]
// CHECK-DAG: constant [[SPLIT:.*]]: INT64 [5] = 1 2 4 3 3
module {
  func.func @main(%image: tensor<1x4x6x6xf32> {lw.name = "image"})
      -> (tensor<1x5xf32> {lw.name = "classes"}, tensor<1x8x3x3xf32> {lw.name = "features"}) {
    %ws = "tosa.const"() <{values = dense<0.1> : tensor<3x3x4x8xf32>}> : () -> tensor<3x3x4x8xf32>
    %bs = "tosa.const"() <{values = dense<[1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 4.0, -4.0]> : tensor<8xf32>}> : () -> tensor<8xf32>
    %wg = "tosa.const"() <{values = dense<0.2> : tensor<1x3x2x8xf32>}> : () -> tensor<1x3x2x8xf32>
    %wd = "tosa.const"() <{values = dense<0.3> : tensor<3x3x8x2xf32>}> : () -> tensor<3x3x8x2xf32>
    %wp = "tosa.const"() <{values = dense<0.4> : tensor<1x1x16x8xf32>}> : () -> tensor<1x1x16x8xf32>
    %dw = "tosa.const"() <{values = dense<0.5> : tensor<3x3x8x1xf32>}> : () -> tensor<3x3x8x1xf32>
    %pw = "tosa.const"() <{values = dense<0.6> : tensor<1x1x8x8xf32>}> : () -> tensor<1x1x8x8xf32>
    %wf = "tosa.const"() <{values = dense<0.7> : tensor<1x1x72x5xf32>}> : () -> tensor<1x1x72x5xf32>
    %flat = "tosa.const_shape"() <{values = dense<[1, 1, 1, 72]> : tensor<4xindex>}> : () -> !tosa.shape<4>
    %rows = "tosa.const_shape"() <{values = dense<[1, 5]> : tensor<2xindex>}> : () -> !tosa.shape<2>

    %0 = tosa.transpose %image {perms = array<i32: 0, 2, 3, 1>} : (tensor<1x4x6x6xf32>) -> tensor<1x6x6x4xf32>
    // CHECK: stem = Conv(image, stem_weight, stem_bias) dilations=[1, 1] group=1 kernel_shape=[3, 3] pads=[1, 0, 0, 1] strides=[2, 2] as stem
    // CHECK-NEXT: stem_Relu = Relu(stem) as stem_Relu
    %1 = lw.conv_2d %0, %ws bias %bs {activation = #lw.act<relu>, padding = array<i64: 1, 0, 0, 1>, strides = array<i64: 2, 2>}
      : (tensor<1x6x6x4xf32>, tensor<3x3x4x8xf32>, tensor<8xf32>) -> tensor<1x3x3x8xf32> loc("stem")
    // CHECK: grouped = Conv(stem_Relu, grouped_weight) dilations=[1, 2] group=4 kernel_shape=[1, 3] pads=[0, 2, 0, 2] strides=[1, 1]
    // CHECK-NEXT: [[CLIP:.*]] = Clip(grouped, [[LOW]], [[HIGH]]) as grouped_Clip
    %2 = lw.conv_2d %1, %wg {activation = #lw.act<clamp, -1.0, 6.0>, dilations = array<i64: 1, 2>, groups = 4 : i64, padding = array<i64: 0, 0, 2, 2>}
      : (tensor<1x3x3x8xf32>, tensor<1x3x2x8xf32>) -> tensor<1x3x3x8xf32> loc("grouped")
    // CHECK: deep = Conv([[CLIP]], deep_weight) {{.*}}group=8
    // CHECK-NEXT: LeakyRelu(deep) alpha=0.25
    %3 = lw.depthwise_conv_2d %2, %wd {activation = #lw.act<leaky_relu, 0.25>, padding = array<i64: 1, 1, 1, 1>}
      : (tensor<1x3x3x8xf32>, tensor<3x3x8x2xf32>) -> tensor<1x3x3x16xf32> loc("deep")
    // CHECK: point = Conv(
    // CHECK-NEXT: [[SUM:.*]] = Add(point, stem_Relu)
    // CHECK-NEXT: [[GATE:.*]] = Sigmoid([[SUM]])
    // CHECK-NEXT: [[SILU:.*]] = Mul([[SUM]], [[GATE]])
    %4 = lw.pointwise_conv_2d %3, %wp residual %1 {activation = #lw.act<silu>}
      : (tensor<1x3x3x16xf32>, tensor<1x1x16x8xf32>, tensor<1x3x3x8xf32>) -> tensor<1x3x3x8xf32> loc("point")
    // CHECK: [[DEPTH:.*]] = Conv([[SILU]], {{.*}}) {{.*}}group=8
    // CHECK-NEXT: [[POINT:.*]] = Conv([[DEPTH]], {{.*}}) {{.*}}group=1 kernel_shape=[1, 1]
    // CHECK-NEXT: [[HARD:.*]] = HardSwish([[POINT]])
    %5 = lw.separable_conv_2d %4, %dw, %pw bias %bs {activation = #lw.act<hard_swish>, padding = array<i64: 1, 1, 1, 1>}
      : (tensor<1x3x3x8xf32>, tensor<3x3x8x1xf32>, tensor<1x1x8x8xf32>, tensor<8xf32>) -> tensor<1x3x3x8xf32> loc("separable")
    %mean = "tosa.const"() <{values = dense<0.5> : tensor<8xf32>}> : () -> tensor<8xf32>
    // CHECK-NEXT: norm = BatchNormalization([[HARD]], {{.*}}) epsilon=0.001
    %6 = lw.batch_norm %5, %bs, %mean, %mean, %mean {epsilon = 1.0e-3 : f32} : tensor<1x3x3x8xf32>, tensor<8xf32> loc("norm")
    // CHECK-NEXT: [[MATRIX:.*]] = Reshape(norm, [[SPLIT]])
    // CHECK-NEXT: [[SWAPPED:.*]] = Transpose([[MATRIX]]) perm=[0, 2, 1, 3, 4]
    // CHECK-NEXT: features = Reshape([[SWAPPED]],
    %7 = lw.channel_shuffle %6 {groups = 2 : i64} : tensor<1x3x3x8xf32> loc("shuffle")
    %8 = tosa.reshape %7, %flat : (tensor<1x3x3x8xf32>, !tosa.shape<4>) -> tensor<1x1x1x72xf32>
    // CHECK-NEXT: [[ROWS:.*]] = Flatten(features)
    // CHECK-NEXT: full = Gemm([[ROWS]], full_weight) transB=1
    // CHECK-NEXT: classes = HardSigmoid(full) alpha=0.25 beta=0.5
    %9 = lw.pointwise_conv_2d %8, %wf {activation = #lw.act<hard_sigmoid, 0.25, 0.5>}
      : (tensor<1x1x1x72xf32>, tensor<1x1x72x5xf32>) -> tensor<1x1x1x5xf32> loc("full")
    %10 = tosa.reshape %9, %rows : (tensor<1x1x1x5xf32>, !tosa.shape<2>) -> tensor<1x5xf32>
    %11 = tosa.transpose %7 {perms = array<i32: 0, 3, 1, 2>} : (tensor<1x3x3x8xf32>) -> tensor<1x8x3x3xf32>
    // CHECK: output classes: FLOAT [1x5]
    // CHECK: output features: FLOAT [1x8x3x3]
    return %10, %11 : tensor<1x5xf32>, tensor<1x8x3x3xf32>
  }
}

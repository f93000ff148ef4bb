// RUN: lw-opt %s --lw-gather-one-hot | FileCheck %s

// A row of the bias alone, two copies of the filter (an index from -4 on is one of
// its rows) and the bias again, all after the activation.
// CHECK-LABEL: func.func @main
// CHECK: %[[TABLE:.*]] = "tosa.const"() <{values = dense<{{.}}[5.000000e-01, 0.000000e+00], [1.500000e+00, 0.000000e+00], [3.500000e+00, 3.500000e+00], [0.000000e+00, 5.500000e+00], [7.500000e+00, 7.500000e+00], [1.500000e+00, 0.000000e+00], [3.500000e+00, 3.500000e+00], [0.000000e+00, 5.500000e+00], [7.500000e+00, 7.500000e+00], [5.000000e-01, 0.000000e+00]]>
// CHECK-NOT: lw.pointwise_conv_2d
// CHECK: lw.gather %[[TABLE]], %{{.*}} {axis = 0 : i64} : (tensor<10x2xf32>, tensor<6xi64>) -> tensor<6x2xf32>
func.func @main(%ids: tensor<2x3xi64>) -> tensor<2x3x2xf32> {
  %v = "tosa.const"() <{values = dense<[0.0, 1.0]> : tensor<2xf32>}> : () -> tensor<2xf32>
  %h = lw.one_hot %ids, %v {axis = 2} : (tensor<2x3xi64>, tensor<2xf32>) -> tensor<2x3x4xf32>
  %s = tosa.const_shape {values = dense<[6, 1, 1, 4]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %r = tosa.reshape %h, %s : (tensor<2x3x4xf32>, !tosa.shape<4>) -> tensor<6x1x1x4xf32>
  %w = "tosa.const"() <{values = dense<[[[[1.0, -2.0], [3.0, 4.0], [-5.0, 6.0], [7.0, 8.0]]]]> : tensor<1x1x4x2xf32>}> : () -> tensor<1x1x4x2xf32>
  %b = "tosa.const"() <{values = dense<[0.5, -0.5]> : tensor<2xf32>}> : () -> tensor<2xf32>
  %c = lw.pointwise_conv_2d %r, %w bias %b {activation = #lw.act<relu>} : (tensor<6x1x1x4xf32>, tensor<1x1x4x2xf32>, tensor<2xf32>) -> tensor<6x1x1x2xf32>
  %t = tosa.const_shape {values = dense<[2, 3, 2]> : tensor<3xindex>} : () -> !tosa.shape<3>
  %y = tosa.reshape %c, %t : (tensor<6x1x1x2xf32>, !tosa.shape<3>) -> tensor<2x3x2xf32>
  return %y : tensor<2x3x2xf32>
}

// Zero times infinity is no zero, and rows along another dimension are no rows.
// CHECK-LABEL: func.func @stays
// CHECK-COUNT-2: lw.pointwise_conv_2d
// CHECK-NOT: lw.gather
func.func @stays(%ids: tensor<6x1x1xi64>, %others: tensor<4x1x1xi64>) -> (tensor<6x1x1x2xf32>, tensor<6x1x1x2xf32>) {
  %v = "tosa.const"() <{values = dense<[0.0, 1.0]> : tensor<2xf32>}> : () -> tensor<2xf32>
  %infinite = "tosa.const"() <{values = dense<0x7F800000> : tensor<1x1x4x2xf32>}> : () -> tensor<1x1x4x2xf32>
  %w = "tosa.const"() <{values = dense<2.0> : tensor<1x1x4x2xf32>}> : () -> tensor<1x1x4x2xf32>
  %a = lw.one_hot %ids, %v {axis = 3} : (tensor<6x1x1xi64>, tensor<2xf32>) -> tensor<6x1x1x4xf32>
  %b = lw.pointwise_conv_2d %a, %infinite : (tensor<6x1x1x4xf32>, tensor<1x1x4x2xf32>) -> tensor<6x1x1x2xf32>
  %c = lw.one_hot %others, %v {axis = 0} : (tensor<4x1x1xi64>, tensor<2xf32>) -> tensor<6x4x1x1xf32>
  %s = tosa.const_shape {values = dense<[6, 1, 1, 4]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %r = tosa.reshape %c, %s : (tensor<6x4x1x1xf32>, !tosa.shape<4>) -> tensor<6x1x1x4xf32>
  %d = lw.pointwise_conv_2d %r, %w : (tensor<6x1x1x4xf32>, tensor<1x1x4x2xf32>) -> tensor<6x1x1x2xf32>
  return %b, %d : tensor<6x1x1x2xf32>, tensor<6x1x1x2xf32>
}

// RUN: lw-opt %s --convert-tosa-to-lw | FileCheck %s

// A constant filter [Cout, KH, KW, Cin] = [2, 1, 2, 2] is transposed at once.
// CHECK-LABEL: func @constant_filter
// CHECK-DAG: %[[W:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}0.000000e+00, 4.000000e+00], [1.000000e+00, 5.000000e+00]], {{\[\[}}2.000000e+00, 6.000000e+00], [3.000000e+00, 7.000000e+00]]]]> : tensor<1x2x2x2xf32>}>
// CHECK: lw.conv_2d %{{.*}}, %[[W]] bias %{{.*}} {dilations = array<i64: 1, 2>, padding = array<i64: 1, 0, 0, 1>, strides = array<i64: 2, 1>}
// CHECK-NOT: tosa.conv2d
func.func @constant_filter(%x: tensor<1x6x6x2xf32>, %b: tensor<2xf32>) -> tensor<1x4x5x2xf32> {
  %w = "tosa.const"() {values = dense<[[[[0.0, 1.0], [2.0, 3.0]]], [[[4.0, 5.0], [6.0, 7.0]]]]> : tensor<2x1x2x2xf32>} : () -> tensor<2x1x2x2xf32>
  %zp = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %y = tosa.conv2d %x, %w, %b, %zp, %zp {acc_type = f32, pad = array<i64: 1, 0, 0, 1>, stride = array<i64: 2, 1>, dilation = array<i64: 1, 2>}
       : (tensor<1x6x6x2xf32>, tensor<2x1x2x2xf32>, tensor<2xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x5x2xf32>
  return %y : tensor<1x4x5x2xf32>
}

// CHECK-LABEL: func @computed_filter
// CHECK: %[[W:.*]] = tosa.transpose %{{.*}} {perms = array<i32: 1, 2, 3, 0>} : (tensor<5x1x1x2xf32>) -> tensor<1x1x2x5xf32>
// A 1x1 window is pointwise, and a bias of one zero for all channels is none.
// CHECK: lw.pointwise_conv_2d %{{.*}}, %[[W]] : (tensor<?x6x6x2xf32>, tensor<1x1x2x5xf32>) -> tensor<?x6x6x5xf32>
func.func @computed_filter(%x: tensor<?x6x6x2xf32>, %w: tensor<5x1x1x2xf32>) -> tensor<?x6x6x5xf32> {
  %zero = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %y = tosa.conv2d %x, %w, %zero, %zero, %zero {acc_type = f32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}
       : (tensor<?x6x6x2xf32>, tensor<5x1x1x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<?x6x6x5xf32>
  return %y : tensor<?x6x6x5xf32>
}

// CHECK-LABEL: func @depthwise
// CHECK-SAME: %[[X:[^:]*]]: tensor<1x6x6x3xf32>, %[[W:[^:]*]]: tensor<3x3x3x2xf32>, %[[B:[^:]*]]: tensor<6xf32>
// CHECK: lw.depthwise_conv_2d %[[X]], %[[W]] bias %[[B]] {padding = array<i64: 1, 1, 1, 1>}
func.func @depthwise(%x: tensor<1x6x6x3xf32>, %w: tensor<3x3x3x2xf32>, %b: tensor<6xf32>) -> tensor<1x6x6x6xf32> {
  %zp = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %y = tosa.depthwise_conv2d %x, %w, %b, %zp, %zp {acc_type = f32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}
       : (tensor<1x6x6x3xf32>, tensor<3x3x3x2xf32>, tensor<6xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x6x6x6xf32>
  return %y : tensor<1x6x6x6xf32>
}

// Integers whose weights vary, and zero points that are not known to be zero, are left alone.
// CHECK-LABEL: func @quantized
// CHECK: tosa.conv2d
// CHECK: tosa.conv2d
// CHECK-NOT: lw.
func.func @quantized(%x: tensor<1x6x6x2xi8>, %w: tensor<5x1x1x2xi8>, %b: tensor<5xi32>, %f: tensor<1x6x6x2xf32>,
                     %g: tensor<5x1x1x2xf32>, %h: tensor<5xf32>, %zpf: tensor<1xf32>) -> (tensor<1x6x6x5xi32>, tensor<1x6x6x5xf32>) {
  %zp = "tosa.const"() {values = dense<3> : tensor<1xi8>} : () -> tensor<1xi8>
  %0 = tosa.conv2d %x, %w, %b, %zp, %zp {acc_type = i32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}
       : (tensor<1x6x6x2xi8>, tensor<5x1x1x2xi8>, tensor<5xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x6x6x5xi32>
  %1 = tosa.conv2d %f, %g, %h, %zpf, %zpf {acc_type = f32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}
       : (tensor<1x6x6x2xf32>, tensor<5x1x1x2xf32>, tensor<5xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x6x6x5xf32>
  return %0, %1 : tensor<1x6x6x5xi32>, tensor<1x6x6x5xf32>
}

// The accumulators of bytes; a zero point of the weights is subtracted, one bias
// is that of all channels.
// CHECK-LABEL: func @bytes
// CHECK-DAG: %[[W:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}-2, 98], [0, 0]]]]> : tensor<1x1x2x2xi8>}>
// CHECK-DAG: %[[B:.*]] = "tosa.const"() <{values = dense<9> : tensor<2xi32>}>
// CHECK: lw.pointwise_conv_2d %{{.*}}, %[[W]] bias %[[B]] {quantization = #lw.conv_quant<input = <s8, 1.000000e+00, -128>>}
// CHECK-SAME: -> tensor<1x6x6x2xi32>
// CHECK: lw.depthwise_conv_2d {{.*}}quantization = #lw.conv_quant<input = <s8, 1.000000e+00, 5>>
// CHECK: lw.pointwise_conv_2d {{.*}} -> tensor<6x1x1x4xi32>
// CHECK: lw.lookup %{{.*}} in dense<7>
// A weight less the zero point that needs nine bits.
// CHECK: tosa.conv2d
func.func @bytes(%x: tensor<1x6x6x2xi8>, %a: tensor<1x6x3xi8>) -> (tensor<1x6x6x2xi32>, tensor<1x6x6x2xi32>, tensor<1x6x4xi32>, tensor<1x6x3xi8>, tensor<1x6x6x2xi32>) {
  %w = "tosa.const"() {values = dense<[[[[1, 3]]], [[[101, 3]]]]> : tensor<2x1x1x2xi8>} : () -> tensor<2x1x1x2xi8>
  %b = "tosa.const"() {values = dense<9> : tensor<1xi32>} : () -> tensor<1xi32>
  %least = "tosa.const"() {values = dense<-128> : tensor<1xi8>} : () -> tensor<1xi8>
  %three = "tosa.const"() {values = dense<3> : tensor<1xi8>} : () -> tensor<1xi8>
  %five = "tosa.const"() {values = dense<5> : tensor<1xi8>} : () -> tensor<1xi8>
  %zero = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %0 = tosa.conv2d %x, %w, %b, %least, %three {acc_type = i32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}
       : (tensor<1x6x6x2xi8>, tensor<2x1x1x2xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x6x6x2xi32>
  %d = "tosa.const"() {values = dense<4> : tensor<3x3x2x1xi8>} : () -> tensor<3x3x2x1xi8>
  %1 = tosa.depthwise_conv2d %x, %d, %b, %five, %zero {acc_type = i32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}
       : (tensor<1x6x6x2xi8>, tensor<3x3x2x1xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x6x6x2xi32>
  %m = "tosa.const"() {values = dense<2> : tensor<1x3x4xi8>} : () -> tensor<1x3x4xi8>
  %2 = tosa.matmul %a, %m, %five, %zero : (tensor<1x6x3xi8>, tensor<1x3x4xi8>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x6x4xi32>
  %t = "tosa.const"() {values = dense<7> : tensor<256xi8>} : () -> tensor<256xi8>
  %3 = tosa.table %a, %t : (tensor<1x6x3xi8>, tensor<256xi8>) -> tensor<1x6x3xi8>
  %4 = tosa.conv2d %x, %w, %b, %zero, %least {acc_type = i32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}
       : (tensor<1x6x6x2xi8>, tensor<2x1x1x2xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x6x6x2xi32>
  return %0, %1, %2, %3, %4 : tensor<1x6x6x2xi32>, tensor<1x6x6x2xi32>, tensor<1x6x4xi32>, tensor<1x6x3xi8>, tensor<1x6x6x2xi32>
}

// RUN: lw-opt %s --split-input-file --convert-tosa-to-lw | FileCheck %s

// A batch norm as torch-mlir writes it, behind the transpose to channels first:
// (x - 1) * 1 / sqrt(3 + 1) * 4 + 5 is 2 x + 3.

// CHECK-LABEL: func.func @batch_norm
// CHECK-DAG: %[[S:.*]] = "tosa.const"() <{values = dense<2.000000e+00> : tensor<8xf32>}>
// CHECK-DAG: %[[T:.*]] = "tosa.const"() <{values = dense<3.000000e+00> : tensor<8xf32>}>
// CHECK: %[[Y:.*]] = lw.conv_2d
// CHECK: %[[N:.*]] = lw.batch_norm %[[Y]], %[[S]], %[[T]]
// CHECK: tosa.transpose %[[N]] {perms = array<i32: 0, 3, 1, 2>}
// CHECK-NOT: tosa.{{add|sub|mul|rsqrt}}
func.func @batch_norm(%x: tensor<1x4x4x3xf32>, %w: tensor<8x3x3x3xf32>, %b: tensor<8xf32>) -> tensor<1x8x2x2xf32> {
  %zp = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %shift = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %mean = "tosa.const"() <{values = dense<1.0> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
  %variance = "tosa.const"() <{values = dense<3.0> : tensor<8xf32>}> : () -> tensor<8xf32>
  %epsilon = "tosa.const"() <{values = dense<1.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %gamma = "tosa.const"() <{values = dense<4.0> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
  %beta = "tosa.const"() <{values = dense<5.0> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
  %shape = tosa.const_shape {values = dense<[1, 8, 1, 1]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %y = tosa.conv2d %x, %w, %b, %zp, %zp {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x4x4x3xf32>, tensor<8x3x3x3xf32>, tensor<8xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x2x8xf32>
  %t = tosa.transpose %y {perms = array<i32: 0, 3, 1, 2>} : (tensor<1x2x2x8xf32>) -> tensor<1x8x2x2xf32>
  %v = tosa.add %variance, %epsilon : (tensor<8xf32>, tensor<1xf32>) -> tensor<8xf32>
  %r = tosa.rsqrt %v : (tensor<8xf32>) -> tensor<8xf32>
  %r4 = tosa.reshape %r, %shape : (tensor<8xf32>, !tosa.shape<4>) -> tensor<1x8x1x1xf32>
  %0 = tosa.sub %t, %mean : (tensor<1x8x2x2xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x2x2xf32>
  %1 = tosa.mul %0, %r4, %shift : (tensor<1x8x2x2xf32>, tensor<1x8x1x1xf32>, tensor<1xi8>) -> tensor<1x8x2x2xf32>
  %2 = tosa.mul %1, %gamma, %shift : (tensor<1x8x2x2xf32>, tensor<1x8x1x1xf32>, tensor<1xi8>) -> tensor<1x8x2x2xf32>
  %3 = tosa.add %2, %beta : (tensor<1x8x2x2xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x2x2xf32>
  return %3 : tensor<1x8x2x2xf32>
}

// -----

// A constant that differs along the image, or a result that is read twice, is no
// batch norm.

// CHECK-LABEL: func.func @no_batch_norm
// CHECK-NOT: lw.batch_norm
// CHECK: return
func.func @no_batch_norm(%x: tensor<1x2x2x8xf32>, %w: tensor<1x1x8x8xf32>) -> (tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>) {
  %c = "tosa.const"() <{values = dense<[[[[1.0], [2.0]], [[3.0], [4.0]]]]> : tensor<1x2x2x1xf32>}> : () -> tensor<1x2x2x1xf32>
  %d = "tosa.const"() <{values = dense<1.0> : tensor<1x1x1x8xf32>}> : () -> tensor<1x1x1x8xf32>
  %y = lw.pointwise_conv_2d %x, %w : (tensor<1x2x2x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x2x2x8xf32>
  %a = tosa.add %y, %c : (tensor<1x2x2x8xf32>, tensor<1x2x2x1xf32>) -> tensor<1x2x2x8xf32>
  %z = lw.pointwise_conv_2d %a, %w : (tensor<1x2x2x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x2x2x8xf32>
  %b = tosa.add %z, %d : (tensor<1x2x2x8xf32>, tensor<1x1x1x8xf32>) -> tensor<1x2x2x8xf32>
  return %a, %b, %z : tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>, tensor<1x2x2x8xf32>
}

// -----

// A linear layer.

// CHECK-LABEL: func.func @linear
// CHECK: lw.pointwise_conv_2d %{{.*}} : (tensor<3x1x1x2xf32>, tensor<1x1x2x4xf32>) -> tensor<3x1x1x4xf32>
// CHECK: tosa.matmul
func.func @linear(%x: tensor<1x3x2xf32>, %y: tensor<1x4x3xf32>) -> tensor<1x3x3xf32> {
  %zp = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %w = "tosa.const"() <{values = dense<[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]> : tensor<1x2x4xf32>}> : () -> tensor<1x2x4xf32>
  %a = tosa.matmul %x, %w, %zp, %zp : (tensor<1x3x2xf32>, tensor<1x2x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x3x4xf32>
  %b = tosa.matmul %a, %y, %zp, %zp : (tensor<1x3x4xf32>, tensor<1x4x3xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x3x3xf32>
  return %b : tensor<1x3x3xf32>
}

// -----

// f64 between f32 and f32; what is f64 before it stays.

// CHECK-LABEL: func.func @wide
// CHECK-NOT: f64
// CHECK: tosa.reduce_sum %arg0 {axis = 1 : i32} : (tensor<2x4xf32>) -> tensor<2x1xf32>
// CHECK-NOT: f64
// CHECK: return
func.func @wide(%x: tensor<2x4xf32>) -> tensor<2x1xf32> {
  %shift = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %q = "tosa.const"() <{values = dense<0.25> : tensor<1x1xf64>}> : () -> tensor<1x1xf64>
  %w = tosa.cast %x : (tensor<2x4xf32>) -> tensor<2x4xf64>
  %s = tosa.reduce_sum %w {axis = 1 : i32} : (tensor<2x4xf64>) -> tensor<2x1xf64>
  %m = tosa.mul %s, %q, %shift : (tensor<2x1xf64>, tensor<1x1xf64>, tensor<1xi8>) -> tensor<2x1xf64>
  %n = tosa.cast %m : (tensor<2x1xf64>) -> tensor<2x1xf32>
  return %n : tensor<2x1xf32>
}

// CHECK-LABEL: func.func @wide_input
// CHECK: tosa.add %arg0, %arg0 : (tensor<2xf64>, tensor<2xf64>) -> tensor<2xf64>
func.func @wide_input(%x: tensor<2xf64>) -> tensor<2xf32> {
  %s = tosa.add %x, %x : (tensor<2xf64>, tensor<2xf64>) -> tensor<2xf64>
  %n = tosa.cast %s : (tensor<2xf64>) -> tensor<2xf32>
  return %n : tensor<2xf32>
}

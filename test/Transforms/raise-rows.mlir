// RUN: lw-opt %s --lw-raise-rows --canonicalize | FileCheck %s

// The steps of a layer normalization as exporters write them.
// CHECK-LABEL: func @layer
// CHECK-SAME: %[[X:.*]]: tensor<4x8xf32>
// CHECK: %[[Y:.*]] = lw.normalize %[[X]] scale %{{.*}} bias %{{.*}} {axes = array<i64: 1>, epsilon = 9.99{{.*}}E-6 : f32}
// CHECK: return %[[Y]]
func.func @layer(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %n = "tosa.const"() {values = dense<0.125> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
  %e = "tosa.const"() {values = dense<1.0e-05> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
  %two = "tosa.const"() {values = dense<2.0> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
  %half = "tosa.const"() {values = dense<0.5> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
  %g = "tosa.const"() {values = dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]]> : tensor<1x8xf32>} : () -> tensor<1x8xf32>
  %b = "tosa.const"() {values = dense<3.0> : tensor<1x8xf32>} : () -> tensor<1x8xf32>
  %z = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %sum = tosa.reduce_sum %x {axis = 1 : i32} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %mean = tosa.mul %sum, %n, %z : (tensor<4x1xf32>, tensor<1x1xf32>, tensor<1xi8>) -> tensor<4x1xf32>
  %d = tosa.sub %x, %mean : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  %q = tosa.pow %d, %two : (tensor<4x8xf32>, tensor<1x1xf32>) -> tensor<4x8xf32>
  %qs = tosa.reduce_sum %q {axis = 1 : i32} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %var = tosa.mul %qs, %n, %z : (tensor<4x1xf32>, tensor<1x1xf32>, tensor<1xi8>) -> tensor<4x1xf32>
  %ve = tosa.add %var, %e : (tensor<4x1xf32>, tensor<1x1xf32>) -> tensor<4x1xf32>
  %std = tosa.pow %ve, %half : (tensor<4x1xf32>, tensor<1x1xf32>) -> tensor<4x1xf32>
  %inv = tosa.reciprocal %std : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %y = tosa.mul %d, %inv, %z : (tensor<4x8xf32>, tensor<4x1xf32>, tensor<1xi8>) -> tensor<4x8xf32>
  %s = tosa.mul %g, %y, %z : (tensor<1x8xf32>, tensor<4x8xf32>, tensor<1xi8>) -> tensor<4x8xf32>
  %r = tosa.add %s, %b : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// By the root mean square, with the inverse root as one operation.
// CHECK-LABEL: func @rms
// CHECK: lw.normalize %{{.*}} {axes = array<i64: 1>, epsilon = 1.000000e-01 : f32, kind = 1 : i32}
func.func @rms(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %n = "tosa.const"() {values = dense<0.125> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
  %e = "tosa.const"() {values = dense<0.1> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
  %z = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %q = tosa.mul %x, %x, %z : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<1xi8>) -> tensor<4x8xf32>
  %qs = tosa.reduce_sum %q {axis = 1 : i32} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %var = tosa.mul %qs, %n, %z : (tensor<4x1xf32>, tensor<1x1xf32>, tensor<1xi8>) -> tensor<4x1xf32>
  %ve = tosa.add %e, %var : (tensor<1x1xf32>, tensor<4x1xf32>) -> tensor<4x1xf32>
  %inv = tosa.rsqrt %ve : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %y = tosa.mul %inv, %x, %z : (tensor<4x1xf32>, tensor<4x8xf32>, tensor<1xi8>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// A sum that is divided by another number than that of its terms is no mean.
// CHECK-LABEL: func @no_mean
// CHECK-NOT: lw.normalize
func.func @no_mean(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %n = "tosa.const"() {values = dense<0.25> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
  %z = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %q = tosa.mul %x, %x, %z : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<1xi8>) -> tensor<4x8xf32>
  %qs = tosa.reduce_sum %q {axis = 1 : i32} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %var = tosa.mul %qs, %n, %z : (tensor<4x1xf32>, tensor<1x1xf32>, tensor<1xi8>) -> tensor<4x1xf32>
  %inv = tosa.rsqrt %var : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %y = tosa.mul %inv, %x, %z : (tensor<4x1xf32>, tensor<4x8xf32>, tensor<1xi8>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// The other form: x * s + (bias - mean * s).
// CHECK-LABEL: func @moments
// CHECK: %[[Y:.*]] = lw.normalize %{{.*}} scale %{{.*}} bias %{{.*}} {axes = array<i64: 1>, epsilon = 1.000000e-01 : f32}
// CHECK: return %[[Y]]
func.func @moments(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %n = "tosa.const"() {values = dense<0.125> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
  %e = "tosa.const"() {values = dense<0.1> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
  %g = "tosa.const"() {values = dense<2.0> : tensor<1x8xf32>} : () -> tensor<1x8xf32>
  %b = "tosa.const"() {values = dense<3.0> : tensor<1x8xf32>} : () -> tensor<1x8xf32>
  %z = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %sum = tosa.reduce_sum %x {axis = 1 : i32} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %mean = tosa.mul %sum, %n, %z : (tensor<4x1xf32>, tensor<1x1xf32>, tensor<1xi8>) -> tensor<4x1xf32>
  %d = tosa.sub %x, %mean : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  %q = tosa.mul %d, %d, %z : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<1xi8>) -> tensor<4x8xf32>
  %qs = tosa.reduce_sum %q {axis = 1 : i32} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %var = tosa.mul %qs, %n, %z : (tensor<4x1xf32>, tensor<1x1xf32>, tensor<1xi8>) -> tensor<4x1xf32>
  %ve = tosa.add %var, %e : (tensor<4x1xf32>, tensor<1x1xf32>) -> tensor<4x1xf32>
  %inv = tosa.rsqrt %ve : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %s = tosa.mul %inv, %g, %z : (tensor<4x1xf32>, tensor<1x8xf32>, tensor<1xi8>) -> tensor<4x8xf32>
  %xs = tosa.mul %x, %s, %z : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<1xi8>) -> tensor<4x8xf32>
  %ms = tosa.mul %mean, %s, %z : (tensor<4x1xf32>, tensor<4x8xf32>, tensor<1xi8>) -> tensor<4x8xf32>
  %shift = tosa.sub %b, %ms : (tensor<1x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %y = tosa.add %xs, %shift : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// CHECK-LABEL: func @ones
// CHECK: lw.normalize %{{.*}} {axes = array<i64: 1>, epsilon = 0.000000e+00 : f32} : (tensor<4x8xf32>) -> tensor<4x8xf32>
func.func @ones(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %g = "tosa.const"() {values = dense<1.0> : tensor<1x8xf32>} : () -> tensor<1x8xf32>
  %b = "tosa.const"() {values = dense<0.0> : tensor<1x8xf32>} : () -> tensor<1x8xf32>
  %y = lw.normalize %x scale %g bias %b {axes = array<i64: 1>, epsilon = 0.0 : f32} : (tensor<4x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// CHECK-LABEL: func @softmaxes
// CHECK: lw.softmax %{{.*}} {axis = 0 : i64} : tensor<4x8xf32>
// CHECK: lw.softmax %{{.*}} {axis = 0 : i64, is_log} : tensor<4x8xf32>
// CHECK: lw.softmax %{{.*}} {axis = 1 : i64} : tensor<4x8xf32>
func.func @softmaxes(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %z = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %m = tosa.reduce_max %x {axis = 0 : i32} : (tensor<4x8xf32>) -> tensor<1x8xf32>
  %d = tosa.sub %x, %m : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  %p = tosa.exp %d : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %s = tosa.reduce_sum %p {axis = 0 : i32} : (tensor<4x8xf32>) -> tensor<1x8xf32>
  %i = tosa.reciprocal %s : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %0 = tosa.mul %p, %i, %z : (tensor<4x8xf32>, tensor<1x8xf32>, tensor<1xi8>) -> tensor<4x8xf32>
  %l = tosa.log %s : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %1 = tosa.sub %d, %l : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  %q = tosa.exp %x : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %t = tosa.reduce_sum %q {axis = 1 : i32} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %j = tosa.reciprocal %t : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %2 = tosa.mul %q, %j, %z : (tensor<4x8xf32>, tensor<4x1xf32>, tensor<1xi8>) -> tensor<4x8xf32>
  return %0, %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

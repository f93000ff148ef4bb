// RUN: lw-opt %s --split-input-file --lw-fuse-elementwise | FileCheck %s

// GELU written out: the input twice, numbers once each.
// CHECK-LABEL: @main
// CHECK-SAME: (%[[X:.*]]: tensor<1x4x4x20xf32>
// CHECK: %[[Y:.*]] = lw.elementwise %{{.*}} : ({{.*}}) -> tensor<1x4x4x20xf32> {
// CHECK: tosa.erf
// CHECK: lw.yield
// CHECK: return %[[Y]]
func.func @main(%x: tensor<1x4x4x20xf32>) -> tensor<1x4x4x20xf32> {
  %half = "tosa.const"() {values = dense<0.5> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
  %one = "tosa.const"() {values = dense<1.0> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %0 = tosa.erf %x : (tensor<1x4x4x20xf32>) -> tensor<1x4x4x20xf32>
  %1 = tosa.add %0, %one : (tensor<1x4x4x20xf32>, tensor<1x1x1x1xf32>) -> tensor<1x4x4x20xf32>
  %2 = tosa.mul %x, %half, %shift : (tensor<1x4x4x20xf32>, tensor<1x1x1x1xf32>, tensor<1xi8>) -> tensor<1x4x4x20xf32>
  %3 = tosa.mul %1, %2, %shift : (tensor<1x4x4x20xf32>, tensor<1x4x4x20xf32>, tensor<1xi8>) -> tensor<1x4x4x20xf32>
  return %3 : tensor<1x4x4x20xf32>
}

// -----

// What is read elsewhere is in memory anyway, and one operation is none.
// CHECK-LABEL: @main
// CHECK: %[[E:.*]] = tosa.exp
// CHECK: %[[A:.*]] = tosa.abs %[[E]]
// CHECK: return %[[E]], %[[A]]
func.func @main(%x: tensor<3x5xf32>) -> (tensor<3x5xf32>, tensor<3x5xf32>) {
  %0 = tosa.exp %x : (tensor<3x5xf32>) -> tensor<3x5xf32>
  %1 = tosa.abs %0 : (tensor<3x5xf32>) -> tensor<3x5xf32>
  return %0, %1 : tensor<3x5xf32>, tensor<3x5xf32>
}

// -----

// A truth value never leaves the registers.
// CHECK-LABEL: @main
// CHECK: lw.elementwise
// CHECK: tosa.greater
// CHECK: tosa.select
// CHECK: lw.yield
func.func @main(%x: tensor<3x5xf32>, %y: tensor<3x1xf32>) -> tensor<3x5xf32> {
  %0 = tosa.greater %x, %y : (tensor<3x5xf32>, tensor<3x1xf32>) -> tensor<3x5xi1>
  %1 = tosa.select %0, %x, %y : (tensor<3x5xi1>, tensor<3x5xf32>, tensor<3x1xf32>) -> tensor<3x5xf32>
  return %1 : tensor<3x5xf32>
}

// -----

// What follows the accumulators of integers: less a zero point times the sums of
// the weights, as f32, times scales.
// CHECK-LABEL: @main
// CHECK: %[[Y:.*]] = lw.elementwise %{{.*}} : (tensor<1x1xf32>, tensor<7x20xi32>, tensor<1x20xi32>) -> tensor<7x20xf32> {
// CHECK: tosa.sub
// CHECK: tosa.cast
// CHECK: lw.yield
// CHECK: return %[[Y]]
func.func @main(%a: tensor<7x20xi32>, %z: tensor<1x20xi32>, %s: tensor<1x1xf32>) -> tensor<7x20xf32> {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %0 = tosa.sub %a, %z : (tensor<7x20xi32>, tensor<1x20xi32>) -> tensor<7x20xi32>
  %1 = tosa.cast %0 : (tensor<7x20xi32>) -> tensor<7x20xf32>
  %2 = tosa.mul %1, %s, %shift : (tensor<7x20xf32>, tensor<1x1xf32>, tensor<1xi8>) -> tensor<7x20xf32>
  return %2 : tensor<7x20xf32>
}

// -----

// Integers of rank 4 lie in blocks, products that are shifted are no products,
// and a sum of integers that is the result is not for this kernel.
// CHECK-LABEL: @main
// CHECK-NOT: lw.elementwise
// CHECK: return
func.func @main(%a: tensor<1x7x7x20xi32>, %b: tensor<7x20xi32>, %s: tensor<1xi8>)
    -> (tensor<1x7x7x20xf32>, tensor<7x20xf32>, tensor<7x20xi32>) {
  %0 = tosa.add %a, %a : (tensor<1x7x7x20xi32>, tensor<1x7x7x20xi32>) -> tensor<1x7x7x20xi32>
  %1 = tosa.cast %0 : (tensor<1x7x7x20xi32>) -> tensor<1x7x7x20xf32>
  %2 = tosa.mul %b, %b, %s : (tensor<7x20xi32>, tensor<7x20xi32>, tensor<1xi8>) -> tensor<7x20xi32>
  %3 = tosa.cast %2 : (tensor<7x20xi32>) -> tensor<7x20xf32>
  %4 = tosa.add %b, %b : (tensor<7x20xi32>, tensor<7x20xi32>) -> tensor<7x20xi32>
  %5 = tosa.sub %4, %b : (tensor<7x20xi32>, tensor<7x20xi32>) -> tensor<7x20xi32>
  return %1, %3, %5 : tensor<1x7x7x20xf32>, tensor<7x20xf32>, tensor<7x20xi32>
}

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

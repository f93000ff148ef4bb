// RUN: lw-opt %s --convert-lw-to-linalg -split-input-file | FileCheck %s

// What lw's passes write in tosa is lowered with lw, whatever its operands; what
// they do not write stays.

// CHECK-LABEL: @arithmetic
// CHECK-NOT: tosa.{{add|mul|sub|clamp|const}}
// CHECK-COUNT-4: linalg.generic
// CHECK-NOT: tosa.{{add|mul|sub|clamp|const}}
// CHECK: tosa.max_pool2d
func.func @arithmetic(%x: tensor<1x4x4x8xf32>) -> tensor<1x2x2x8xf32> {
  %s = "tosa.const"() {values = dense<2.0> : tensor<1x1x1x8xf32>} : () -> tensor<1x1x1x8xf32>
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %0 = tosa.mul %x, %s, %shift : (tensor<1x4x4x8xf32>, tensor<1x1x1x8xf32>, tensor<1xi8>) -> tensor<1x4x4x8xf32>
  %1 = tosa.add %0, %s : (tensor<1x4x4x8xf32>, tensor<1x1x1x8xf32>) -> tensor<1x4x4x8xf32>
  %2 = tosa.sub %1, %x : (tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %3 = tosa.clamp %2 {min_val = 0.0 : f32, max_val = 6.0 : f32} : (tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %4 = tosa.max_pool2d %3 {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x4x4x8xf32>) -> tensor<1x2x2x8xf32>
  return %4 : tensor<1x2x2x8xf32>
}

// -----

// CHECK-LABEL: @moves
// CHECK-NOT: tosa.
// CHECK: return
func.func @moves(%x: tensor<1x4x4x8xf32>) -> tensor<8x32xf32> {
  %shape = tosa.const_shape {values = dense<[16, 8]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %0 = tosa.reshape %x, %shape : (tensor<1x4x4x8xf32>, !tosa.shape<2>) -> tensor<16x8xf32>
  %1 = tosa.transpose %0 {perms = array<i32: 1, 0>} : (tensor<16x8xf32>) -> tensor<8x16xf32>
  %2 = tosa.concat %1, %1 {axis = 1 : i32} : (tensor<8x16xf32>, tensor<8x16xf32>) -> tensor<8x32xf32>
  return %2 : tensor<8x32xf32>
}

// -----

// Integers are none of lw's.

// CHECK-LABEL: @integers
// CHECK: tosa.add
func.func @integers(%x: tensor<4xi32>) -> tensor<4xi32> {
  %0 = tosa.add %x, %x : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

// The sum with a residual takes the residual's place: a loop accumulates onto one
// value.

// CHECK-LABEL: @residual
// CHECK-SAME: %[[X:.*]]: tensor<1x4x4x8xf32>, %[[R:.*]]: tensor<1x4x4x8xf32>
// CHECK: %[[SUM:.*]] = linalg.conv_2d_nhwc_hwcf
// CHECK: linalg.generic {{.*}} ins(%[[SUM]] : {{.*}}) outs(%[[R]] :
func.func @residual(%x: tensor<1x4x4x8xf32>, %r: tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32> {
  %w = "tosa.const"() {values = dense<0.5> : tensor<1x1x8x8xf32>} : () -> tensor<1x1x8x8xf32>
  %0 = lw.pointwise_conv_2d %x, %w residual %r : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>, tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  return %0 : tensor<1x4x4x8xf32>
}

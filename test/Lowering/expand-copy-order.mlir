// RUN: lw-opt %s --split-input-file --lw-expand-copy | FileCheck %s

// What one copy overwrites is read before.

// CHECK-LABEL: func.func @chain
// CHECK-SAME: %[[A:.*]]: memref<4xf32>, %[[B:.*]]: memref<4xf32>
// CHECK: %[[SUM:.*]] = memref.alloc
// CHECK: memref.copy %[[A]], %[[B]]
// CHECK-NEXT: memref.copy %[[SUM]], %[[A]]
func.func @chain(%a: memref<4xf32>, %b: memref<4xf32>) {
  %sum = memref.alloc() : memref<4xf32>
  memref.copy %sum, %a : memref<4xf32> to memref<4xf32>
  memref.copy %a, %b : memref<4xf32> to memref<4xf32>
  return
}

// -----

// Views count as what they are views of.

// CHECK-LABEL: func.func @view
// CHECK-SAME: %[[A:.*]]: memref<4xf32>, %[[B:.*]]: memref<2x2xf32>
// CHECK: memref.copy %{{.*}}, %[[B]]
// CHECK-NEXT: memref.copy %{{.*}}, %[[A]]
func.func @view(%a: memref<4xf32>, %b: memref<2x2xf32>) {
  %sum = memref.alloc() : memref<4xf32>
  memref.copy %sum, %a : memref<4xf32> to memref<4xf32>
  %view = memref.expand_shape %a [[0, 1]] output_shape [2, 2] : memref<4xf32> into memref<2x2xf32>
  memref.copy %view, %b : memref<2x2xf32> to memref<2x2xf32>
  return
}

// -----

// Two results that lie in each other's argument.

// CHECK-LABEL: func.func @exchange
// CHECK-SAME: %[[A:.*]]: memref<4xf32>, %[[B:.*]]: memref<4xf32>
// CHECK: %[[ASIDE:.*]] = memref.alloc
// CHECK: memref.copy %[[B]], %[[ASIDE]]
// CHECK-NEXT: memref.copy %[[A]], %[[B]]
// CHECK-NEXT: memref.copy %[[ASIDE]], %[[A]]
func.func @exchange(%a: memref<4xf32>, %b: memref<4xf32>) {
  memref.copy %b, %a : memref<4xf32> to memref<4xf32>
  memref.copy %a, %b : memref<4xf32> to memref<4xf32>
  return
}

// -----

// Copies before the last write that is no copy stay where they are.

// CHECK-LABEL: func.func @before
// CHECK-SAME: %[[A:.*]]: memref<4xf32>, %[[B:.*]]: memref<4xf32>, %[[X:.*]]: f32
// CHECK: memref.copy %[[A]], %[[B]]
// CHECK: memref.store
// CHECK: memref.copy %[[B]], %[[A]]
func.func @before(%a: memref<4xf32>, %b: memref<4xf32>, %x: f32) {
  %c0 = arith.constant 0 : index
  memref.copy %a, %b : memref<4xf32> to memref<4xf32>
  memref.store %x, %b[%c0] : memref<4xf32>
  memref.copy %b, %a : memref<4xf32> to memref<4xf32>
  return
}

// -----

// A copy to what is no argument is followed by its readers.

// CHECK-LABEL: func.func @through
// CHECK-SAME: %[[A:.*]]: memref<4xf32>, %[[B:.*]]: memref<4xf32>
// CHECK: %[[T:.*]] = memref.alloc
// CHECK: memref.copy %[[A]], %[[T]]
// CHECK-NEXT: memref.copy %[[T]], %[[B]]
func.func @through(%a: memref<4xf32>, %b: memref<4xf32>) {
  %t = memref.alloc() : memref<4xf32>
  memref.copy %a, %t : memref<4xf32> to memref<4xf32>
  memref.copy %t, %b : memref<4xf32> to memref<4xf32>
  return
}

// -----

// What is copied to a part of an argument is a result that another is made of.

// CHECK-LABEL: func.func @part
// CHECK-SAME: %[[X:.*]]: memref<2x3xf32>, %[[A:.*]]: memref<2x4xf32>, %[[B:.*]]: memref<2x4xf32>
// CHECK: %[[PART:.*]] = memref.subview %[[A]]
// CHECK: linalg.generic {{.*}} ins(%[[X]] : {{.*}} outs(%[[PART]] :
// CHECK: memref.copy %[[A]], %[[B]]
func.func @part(%x: memref<2x3xf32>, %a: memref<2x4xf32>, %b: memref<2x4xf32>) {
  %part = memref.subview %a[0, 0] [2, 3] [1, 1] : memref<2x4xf32> to memref<2x3xf32, strided<[4, 1]>>
  memref.copy %x, %part : memref<2x3xf32> to memref<2x3xf32, strided<[4, 1]>>
  memref.copy %a, %b : memref<2x4xf32> to memref<2x4xf32>
  return
}

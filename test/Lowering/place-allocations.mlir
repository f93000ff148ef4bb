// RUN: lw-opt %s --lw-place-allocations | FileCheck %s

// Two that live at the same time are apart; a third takes the place of the first.
// CHECK-LABEL: func.func @reuse(
// CHECK-SAME: %{{.*}}: memref<16xf32>, %{{.*}}: index, %[[ARENA:.*]]: memref<128xi8> {llvm.noalias, lw.arena})
func.func @reuse(%x: memref<16xf32>, %i: index) {
  // CHECK-NOT: memref.alloc
  // CHECK: %[[A:.*]] = arith.constant 0 : index
  // CHECK-NEXT: memref.view %[[ARENA]][%[[A]]][] : memref<128xi8> to memref<16xf32>
  %a = memref.alloc() : memref<16xf32>
  // CHECK-NEXT: %[[B:.*]] = arith.constant 64 : index
  // CHECK-NEXT: memref.view %[[ARENA]][%[[B]]][] : memref<128xi8> to memref<4x4xf32>
  %b = memref.alloc() {alignment = 64 : i64} : memref<4x4xf32>
  memref.copy %x, %a : memref<16xf32> to memref<16xf32>
  %flat = memref.collapse_shape %b [[0, 1]] : memref<4x4xf32> into memref<16xf32>
  memref.copy %a, %flat : memref<16xf32> to memref<16xf32>
  // CHECK: %[[C:.*]] = arith.constant 0 : index
  // CHECK-NEXT: memref.view %[[ARENA]][%[[C]]][] : memref<128xi8> to memref<8xindex>
  %c = memref.alloc() : memref<8xindex>
  memref.store %i, %c[%i] : memref<8xindex>
  // The view of b keeps b.
  memref.copy %flat, %x : memref<16xf32> to memref<16xf32>
  return
}

// Memory of an iteration is used again in the next one.
// CHECK-LABEL: func.func @loop(
// CHECK-SAME: memref<64xi8> {llvm.noalias, lw.arena})
// CHECK-NOT: memref.alloc
func.func @loop(%x: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  scf.for %i = %c0 to %c9 step %c1 {
    %a = memref.alloc() : memref<4xf32>
    memref.copy %x, %a : memref<4xf32> to memref<4xf32>
    memref.copy %a, %x : memref<4xf32> to memref<4xf32>
  }
  return
}

// What outlives an iteration stays an allocation, and so does what has no size.
// CHECK-LABEL: func.func @carried(
// CHECK-SAME: memref<64xi8> {llvm.noalias, lw.arena})
// CHECK: memref.view
// CHECK: scf.for
// CHECK: memref.alloc() : memref<4xf32>
// CHECK: memref.alloc(%{{.*}}) : memref<?xf32>
func.func @carried(%x: memref<4xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %first = memref.alloc() : memref<4xf32>
  %last = scf.for %i = %c0 to %n step %c1 iter_args(%before = %first) -> memref<4xf32> {
    %a = memref.alloc() : memref<4xf32>
    memref.copy %before, %a : memref<4xf32> to memref<4xf32>
    scf.yield %a : memref<4xf32>
  }
  memref.copy %last, %x : memref<4xf32> to memref<4xf32>
  %d = memref.alloc(%n) : memref<?xf32>
  memref.dealloc %d : memref<?xf32>
  return
}

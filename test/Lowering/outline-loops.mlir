// RUN: lw-opt %s --lw-outline-loops | FileCheck %s

memref.global "private" constant @weights : memref<4xf32> = dense<1.0>

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: memref<4xf32> {llvm.noalias}, %[[ARENA:.*]]: memref<128xi8> {llvm.noalias}, %[[Y:.*]]: memref<4xf32>)
func.func @main(%x: memref<4xf32> {llvm.noalias}, %arena: memref<128xi8> {llvm.noalias}, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %w = memref.get_global @weights : memref<4xf32>
  // CHECK-DAG: %[[A:.*]] = memref.view %[[ARENA]][%c0]
  // CHECK-DAG: %[[B:.*]] = memref.view %[[ARENA]][%c64]
  // CHECK-DAG: %[[C:.*]] = memref.view %[[ARENA]][%c8]
  %a = memref.view %arena[%c0][] : memref<128xi8> to memref<4xf32>
  %b = memref.view %arena[%c64][] : memref<128xi8> to memref<4xf32>
  %c = memref.view %arena[%c8][] : memref<128xi8> to memref<4xf32>
  // CHECK: call @main_loop(%[[X]], %[[A]], %[[B]]) : (memref<4xf32>, memref<4xf32>, memref<4xf32>) -> ()
  scf.for %i = %c0 to %c4 step %c1 {
    %0 = memref.load %x[%i] : memref<4xf32>
    %1 = memref.load %w[%i] : memref<4xf32>
    %2 = arith.mulf %0, %1 : f32
    memref.store %2, %a[%i] : memref<4xf32>
    memref.store %0, %b[%i] : memref<4xf32>
  }
  // A reshape is repeated, views that overlap alias.
  // CHECK: call @main_loop_0(%[[A]], %[[C]]) : (memref<4xf32>, memref<4xf32>) -> ()
  %r = memref.expand_shape %c [[0, 1]] output_shape [2, 2] : memref<4xf32> into memref<2x2xf32>
  scf.for %i = %c0 to %c1 step %c1 {
    %0 = memref.load %a[%i] : memref<4xf32>
    memref.store %0, %r[%i, %i] : memref<2x2xf32>
  }
  // An argument that may be anything.
  // CHECK: call @main_loop_1(%[[A]], %[[Y]]) : (memref<4xf32>, memref<4xf32>) -> ()
  scf.for %i = %c0 to %c4 step %c1 {
    %0 = memref.load %a[%i] : memref<4xf32>
    memref.store %0, %y[%i] : memref<4xf32>
  }
  return
}

// CHECK: func.func private @main_loop(%{{.*}}: memref<4xf32> {llvm.noalias}, %{{.*}}: memref<4xf32> {llvm.noalias}, %{{.*}}: memref<4xf32> {llvm.noalias}) attributes {passthrough = ["noinline"]}
// CHECK: memref.get_global @weights
// CHECK: scf.for
// CHECK: func.func private @main_loop_0(%{{.*}}: memref<4xf32>, %{{.*}}: memref<4xf32>) attributes
// CHECK: memref.expand_shape
// CHECK: func.func private @main_loop_1(%{{.*}}: memref<4xf32>, %{{.*}}: memref<4xf32>) attributes

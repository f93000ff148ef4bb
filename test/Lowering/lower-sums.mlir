// RUN: lw-opt %s --pass-pipeline='builtin.module(func.func(lw-lower-sums))' | FileCheck %s
// RUN: lw-opt %s --pass-pipeline='builtin.module(func.func(lw-lower-sums{lanes=16}))' | FileCheck %s --check-prefix=VECTOR

// The loops of the result are outside, whatever their place in the operation.
// CHECK-LABEL: func.func @sum_of_rows
// CHECK: scf.for
// CHECK: %[[FIRST:.*]] = memref.load %arg1
// CHECK: %[[WIDE:.*]] = arith.extf %[[FIRST]] : f32 to f64
// CHECK: scf.for {{.*}} iter_args(%[[SUM:.*]] = %[[WIDE]]) -> (f64)
// CHECK: %[[TERM:.*]] = memref.load %arg0
// CHECK: %[[X:.*]] = arith.extf %[[TERM]] : f32 to f64
// CHECK: %[[NEXT:.*]] = arith.addf %[[SUM]], %[[X]] : f64
// CHECK: scf.yield %[[NEXT]]
// CHECK: arith.truncf
// CHECK: memref.store
// Columns lie beside each other: 16 of 20 at a time, then 4.
// VECTOR-LABEL: func.func @sum_of_rows
// VECTOR: scf.for
// VECTOR: scf.for {{.*}} -> (vector<16xf64>)
// VECTOR: vector.load
// VECTOR: vector.store
// VECTOR: scf.for
// VECTOR: scf.for {{.*}} -> (f64)
func.func @sum_of_rows(%x: memref<1000x20xf32>, %y: memref<20xf32>) {
  linalg.reduce { arith.addf } ins(%x : memref<1000x20xf32>) outs(%y : memref<20xf32>) dimensions = [0]
  return
}

// VECTOR-LABEL: func.func @sum_of_columns
// VECTOR: scf.for
// VECTOR: scf.for {{.*}} -> (vector<16xf64>)
// VECTOR: vector.reduction <add>
// VECTOR: scf.for {{.*}} -> (f64)
func.func @sum_of_columns(%x: memref<20x1000xf32>, %y: memref<20xf32>) {
  linalg.reduce { arith.addf } ins(%x : memref<20x1000xf32>) outs(%y : memref<20xf32>) dimensions = [1]
  return
}

// Factors are widened before they are multiplied.
// CHECK-LABEL: func.func @product
// CHECK: arith.mulf {{.*}} : f64
// CHECK: arith.addf {{.*}} : f64
// VECTOR-LABEL: func.func @product
// VECTOR: vector.load
// VECTOR: vector.broadcast {{.*}} : f64 to vector<16xf64>
// VECTOR: arith.mulf {{.*}} : vector<16xf64>
func.func @product(%a: memref<5x6xf32>, %b: memref<6x16xf32>, %c: memref<5x16xf32>) {
  linalg.matmul ins(%a, %b : memref<5x6xf32>, memref<6x16xf32>) outs(%c : memref<5x16xf32>)
  return
}

// A layout without unit stride has no vectors.
// VECTOR-LABEL: func.func @strided
// VECTOR-NOT: vector
// VECTOR: return
func.func @strided(%x: memref<8x32xf32, strided<[64, 2]>>, %y: memref<8xf32>) {
  linalg.reduce { arith.addf } ins(%x : memref<8x32xf32, strided<[64, 2]>>) outs(%y : memref<8xf32>) dimensions = [1]
  return
}

// What is no sum stays as it is, as do sums in f64.
// CHECK-LABEL: func.func @others
// CHECK: linalg.reduce { arith.maximumf }
// CHECK: linalg.reduce { arith.addf } ins(%{{.*}} : memref<8x8xf64>)
// CHECK: linalg.add
func.func @others(%x: memref<8x8xf32>, %y: memref<8xf32>, %u: memref<8x8xf64>, %v: memref<8xf64>) {
  linalg.reduce { arith.maximumf } ins(%x : memref<8x8xf32>) outs(%y : memref<8xf32>) dimensions = [0]
  linalg.reduce { arith.addf } ins(%u : memref<8x8xf64>) outs(%v : memref<8xf64>) dimensions = [0]
  linalg.add ins(%x, %x : memref<8x8xf32>, memref<8x8xf32>) outs(%x : memref<8x8xf32>)
  return
}

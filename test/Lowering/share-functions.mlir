// RUN: lw-opt %s --lw-share-functions=least-operations=4 | FileCheck %s
// RUN: lw-opt %s --lw-share-functions | FileCheck %s --check-prefix=SMALL
// RUN: lw-opt %s --lw-share-functions="least-operations=4 parameters=1" | FileCheck %s --check-prefix=ONE

// The bound of a loop, which is the stride too, and another stride; extents of
// buffers do not count. What is 8 and 4 in both is no argument.
// CHECK-LABEL: func.func private @sum8(
// CHECK-SAME: %[[IN:.*]]: memref<64xf32>, %[[OUT:.*]]: memref<16xf32>, %[[BOUND:.*]]: index, %[[STRIDE:.*]]: index)
// CHECK-SAME: passthrough = ["noinline", "noduplicate"]
// CHECK: %[[FOUR:.*]] = arith.constant 4 : index
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[BOUND]]
// CHECK: arith.muli %{{.*}}, %[[STRIDE]]
// CHECK: arith.addi %{{.*}}, %[[FOUR]]
// CHECK: arith.addi %{{.*}}, %[[BOUND]]
// CHECK-NOT: @sum12(
// ONE: @sum8(
// ONE: @sum12(
// SMALL: @sum8(
// SMALL: @sum12(
func.func private @sum8(%in: memref<64xf32>, %out: memref<16xf32>) attributes {passthrough = ["noinline"]} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %four = arith.constant 4 : index
  %eight = arith.constant 8 : index
  %stride = arith.constant 3 : index
  memref.prefetch %in[%zero], read, locality<3>, data : memref<64xf32>
  scf.for %i = %zero to %eight step %one {
    %a = arith.muli %i, %stride : index
    %b = arith.addi %a, %four : index
    %c = arith.addi %b, %eight : index
    %x = memref.load %in[%c] : memref<64xf32>
    memref.store %x, %out[%i] : memref<16xf32>
  }
  return
}
func.func private @sum12(%in: memref<128xf32>, %out: memref<12xf32>) attributes {passthrough = ["noinline"]} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %four = arith.constant 4 : index
  %twelve = arith.constant 12 : index
  %stride = arith.constant 7 : index
  memref.prefetch %in[%zero], read, locality<3>, data : memref<128xf32>
  scf.for %i = %zero to %twelve step %one {
    %a = arith.muli %i, %stride : index
    %b = arith.addi %a, %four : index
    %c = arith.addi %b, %twelve : index
    %x = memref.load %in[%c] : memref<128xf32>
    memref.store %x, %out[%i] : memref<12xf32>
  }
  return
}

// Equal ones need no arguments, and what calls them is equal then.
// CHECK-LABEL: func.func private @twice_a(%{{.*}}: memref<4xf32>) {
// CHECK-NEXT: call @add_a
// CHECK-NOT: @add_b
// CHECK-NOT: @twice_b
// SMALL-NOT: @add_b
// SMALL-NOT: @twice_b
func.func private @twice_a(%x: memref<4xf32>) {
  call @add_a(%x) : (memref<4xf32>) -> ()
  return
}
func.func private @twice_b(%x: memref<4xf32>) {
  call @add_b(%x) : (memref<4xf32>) -> ()
  return
}
func.func private @add_a(%x: memref<4xf32>) {
  %one = arith.constant 1 : index
  %a = memref.load %x[%one] : memref<4xf32>
  %b = arith.addf %a, %a : f32
  memref.store %b, %x[%one] : memref<4xf32>
  return
}
func.func private @add_b(%x: memref<4xf32>) {
  %one = arith.constant 1 : index
  %a = memref.load %x[%one] : memref<4xf32>
  %b = arith.addf %a, %a : f32
  memref.store %b, %x[%one] : memref<4xf32>
  return
}

// A copy is of the memref's extent; another operation, type, attribute or
// order of operands is other code; what is public stays.
// CHECK: @copy4
// CHECK: @copy6
// CHECK: @difference
// CHECK: @turned
// CHECK: @shown
func.func private @copy4(%x: memref<4xf32>, %y: memref<4xf32>) {
  memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  return
}
func.func private @copy6(%x: memref<6xf32>, %y: memref<6xf32>) {
  memref.copy %x, %y : memref<6xf32> to memref<6xf32>
  return
}
func.func private @difference(%x: f32, %y: f32) -> f32 {
  %a = arith.subf %x, %y : f32
  return %a : f32
}
func.func private @turned(%x: f32, %y: f32) -> f32 {
  %a = arith.subf %y, %x : f32
  return %a : f32
}
func.func @shown(%x: f32, %y: f32) -> f32 {
  %a = arith.subf %y, %x : f32
  return %a : f32
}

// CHECK-LABEL: func.func @main(
// CHECK: call @sum8(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) : (memref<64xf32>, memref<16xf32>, index, index) -> ()
// CHECK: %[[WIDE:.*]] = memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [64], strides: [1] : memref<128xf32> to memref<64xf32>
// CHECK: %[[SHORT:.*]] = memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [16], strides: [1] : memref<12xf32> to memref<16xf32>
// CHECK-DAG: %[[TWELVE:.*]] = arith.constant 12 : index
// CHECK-DAG: %[[SEVEN:.*]] = arith.constant 7 : index
// CHECK: call @sum8(%[[WIDE]], %[[SHORT]], %[[TWELVE]], %[[SEVEN]])
// CHECK: call @twice_a
// CHECK: call @twice_a
// CHECK: call @difference
// CHECK: call @turned
func.func @main(%a: memref<64xf32>, %b: memref<16xf32>, %c: memref<128xf32>, %d: memref<12xf32>,
                %e: memref<4xf32>, %f: memref<6xf32>, %x: f32) -> (f32, f32) {
  call @sum8(%a, %b) : (memref<64xf32>, memref<16xf32>) -> ()
  call @sum12(%c, %d) : (memref<128xf32>, memref<12xf32>) -> ()
  call @twice_a(%e) : (memref<4xf32>) -> ()
  call @twice_b(%e) : (memref<4xf32>) -> ()
  call @copy4(%e, %e) : (memref<4xf32>, memref<4xf32>) -> ()
  call @copy6(%f, %f) : (memref<6xf32>, memref<6xf32>) -> ()
  %m = call @difference(%x, %x) : (f32, f32) -> f32
  %n = call @turned(%x, %x) : (f32, f32) -> f32
  return %m, %n : f32, f32
}

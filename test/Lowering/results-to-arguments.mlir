// RUN: lw-opt %s --lw-results-to-arguments -split-input-file -verify-diagnostics | FileCheck %s

// Every result is in an argument of its own, and inputs are not written to.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32> {bufferization.writable = false},
// CHECK-SAME: %[[A:.*]]: memref<4xf32> {lw.name = "a"}, %[[B:.*]]: memref<4xf32>, %[[C:.*]]: memref<4xf32>, %[[D:.*]]: memref<4xf32>) {
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32> {lw.name = "a"}, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK: %[[K:.*]] = arith.constant
  // CHECK: %[[Y:.*]] = math.exp
  %k = arith.constant dense<1.0> : tensor<4xf32>
  %y = math.exp %x : tensor<4xf32>
  // CHECK: bufferization.materialize_in_destination %[[X]] in restrict writable %[[A]]
  // CHECK: bufferization.materialize_in_destination %[[K]] in restrict writable %[[B]]
  // CHECK: bufferization.materialize_in_destination %[[Y]] in restrict writable %[[C]]
  // CHECK: bufferization.materialize_in_destination %[[Y]] in restrict writable %[[D]]
  // CHECK: return{{$}}
  return %x, %k, %y, %y : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// expected-error @+1 {{expects result 0 to be a tensor of static shape, found 'tensor<?xf32>'}}
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

// expected-error @+1 {{expects no function to be called by another; run --inline first}}
func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = call @f(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

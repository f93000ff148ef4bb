// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-select-kernels --lw-plan-memory --lw-emit-kernels | FileCheck %s

// Operations without a kernel find their memory behind what is planned: 192 bytes for
// %a and 64 for %b, in whole cache lines, as they live at the same time. Each maximum
// has a buffer of its result's size.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[ARENA:[a-z0-9]+]]: memref<448xi8> {lw.arena})
// CHECK-NOT: memref.alloc
// CHECK: %[[SCRATCH:.*]] = arith.constant 256 : index
// CHECK-NEXT: %[[PART:.*]] = memref.view %[[ARENA]][%[[SCRATCH]]][] : memref<448xi8> to memref<192xi8>
// CHECK-NEXT: call @reference_0({{.*}}, %[[PART]])
// CHECK: %[[AGAIN:.*]] = arith.constant 256 : index
// CHECK-NEXT: %[[LESS:.*]] = memref.view %[[ARENA]][%[[AGAIN]]][] : memref<448xi8> to memref<64xi8>
// CHECK-NEXT: call @reference_1({{.*}}, %[[LESS]])
// CHECK: func.func private @reference_0({{.*}}: memref<192xi8> {llvm.noalias, lw.arena})
// CHECK-NOT: memref.alloc
func.func @main(%x: tensor<40x32xi32>) -> tensor<1x1xi32> {
  %a = tosa.reduce_max %x {axis = 1 : i32} : (tensor<40x32xi32>) -> tensor<40x1xi32>
  %b = tosa.reduce_max %a {axis = 0 : i32} : (tensor<40x1xi32>) -> tensor<1x1xi32>
  return %b : tensor<1x1xi32>
}

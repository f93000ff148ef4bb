// Layers share a kernel only when everything that decides its code is the same,
// numbers bit for bit.
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline | FileCheck %s

// CHECK-COUNT-2: func.func private @elementwise_{{[0-9]+}}
// CHECK-NOT: func.func private @elementwise
// CHECK-COUNT-2: func.func private @fill_{{[0-9]+}}
// CHECK-NOT: func.func private @fill
// CHECK: func.func @main
// CHECK: call @[[ONE:elementwise_[0-9]+]]
// CHECK: call @[[TWO:elementwise_[0-9]+]]
// CHECK: call @[[ONE]]
// CHECK: call @[[FILL:fill_[0-9]+]]
// CHECK-NOT: call @[[FILL]]
// CHECK: call @fill
// All are returned: what only the next one reads would be computed with it.
func.func @main(%x: tensor<1x4x4x3xf32>) -> (tensor<1x6x6x3xf32>, tensor<1x6x6x3xf32>, tensor<1x4x4x3xf32>, tensor<1x4x4x3xf32>) {
  %two = "tosa.const"() <{values = dense<0x3F800002> : tensor<1x1x1x1xf32>}> : () -> tensor<1x1x1x1xf32>
  %ulp = "tosa.const"() <{values = dense<0x3F800001> : tensor<1x1x1x1xf32>}> : () -> tensor<1x1x1x1xf32>
  %shift = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %a = tosa.mul %x, %ulp, %shift : (tensor<1x4x4x3xf32>, tensor<1x1x1x1xf32>, tensor<1xi8>) -> tensor<1x4x4x3xf32>
  %b = tosa.mul %a, %two, %shift : (tensor<1x4x4x3xf32>, tensor<1x1x1x1xf32>, tensor<1xi8>) -> tensor<1x4x4x3xf32>
  %c = tosa.mul %b, %ulp, %shift : (tensor<1x4x4x3xf32>, tensor<1x1x1x1xf32>, tensor<1xi8>) -> tensor<1x4x4x3xf32>
  %p = tosa.const_shape {values = dense<[0, 0, 1, 1, 1, 1, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %small = "tosa.const"() <{values = dense<1.0e-7> : tensor<1xf32>}> : () -> tensor<1xf32>
  %other = "tosa.const"() <{values = dense<4.0e-7> : tensor<1xf32>}> : () -> tensor<1xf32>
  %d = tosa.pad %c, %p, %small : (tensor<1x4x4x3xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x6x6x3xf32>
  %e = tosa.pad %c, %p, %other : (tensor<1x4x4x3xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x6x6x3xf32>
  return %d, %e, %a, %b : tensor<1x6x6x3xf32>, tensor<1x6x6x3xf32>, tensor<1x4x4x3xf32>, tensor<1x4x4x3xf32>
}

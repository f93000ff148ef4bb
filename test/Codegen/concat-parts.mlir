// Whole blocks are copied to a concatenation part by part, and parts of one shape share a kernel,
// whatever they are concatenated with. Parts of several blocks are one loop over these. Copies
// round nothing, so all write the same bytes.
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline | FileCheck %s
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline="threads=2" | FileCheck %s --check-prefix=THREADS
// RUN: lw-run %s --random-input=5 --output %t.kernels.npz
// RUN: lw-run %s --random-input=5 --output %t.reference.npz --reference
// RUN: cmp %t.kernels.npz %t.reference.npz
// RUN: lw-run %s --random-input=5 --output %t.threads.npz --threads=2 --cpu=x86-64-v3
// RUN: cmp %t.threads.npz %t.reference.npz

// CHECK: func private @channels_
// CHECK: func private @[[WIDE:channels_[0-9]+]](
// CHECK-NEXT: constant
// CHECK-COUNT-3: scf.for
// CHECK-NOT: scf.for
// CHECK: return
// CHECK: func private @[[NARROW:channels_[0-9]+]](
// CHECK: func private @[[REST:channels_[0-9]+]](
// CHECK-NOT: func private @channels_
// CHECK-LABEL: func @main
// CHECK: call @channels_
// CHECK: call @[[WIDE]](
// CHECK: call @[[NARROW]](
// CHECK: call @[[REST]](
// CHECK: call @[[NARROW]](
// CHECK: call @[[NARROW]](
// CHECK: call @[[WIDE]](
// CHECK-NOT: call @channels_

// THREADS-LABEL: func @main
// THREADS-COUNT-3: call @channels_
// THREADS-NOT: call @channels_
func.func @main(%x: tensor<1x6x5x96xf32>, %y: tensor<1x6x5x32xf32>) -> (tensor<1x6x5x160xf32>, tensor<1x6x5x168xf32>, tensor<1x6x5x168xf32>) {
  %a = tosa.abs %x : (tensor<1x6x5x96xf32>) -> tensor<1x6x5x96xf32>
  %b = tosa.abs %y : (tensor<1x6x5x32xf32>) -> tensor<1x6x5x32xf32>
  %begin = tosa.const_shape {values = dense<[0, 0, 0, 3]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %size = tosa.const_shape {values = dense<[1, 6, 5, 40]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %c = tosa.slice %a, %begin, %size : (tensor<1x6x5x96xf32>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<1x6x5x40xf32>
  %e = tosa.concat %a, %b, %c {axis = 3 : i32} : (tensor<1x6x5x96xf32>, tensor<1x6x5x32xf32>, tensor<1x6x5x40xf32>) -> tensor<1x6x5x168xf32>
  %f = tosa.concat %b, %a, %c {axis = 3 : i32} : (tensor<1x6x5x32xf32>, tensor<1x6x5x96xf32>, tensor<1x6x5x40xf32>) -> tensor<1x6x5x168xf32>
  %d = tosa.concat %b, %b, %a {axis = 3 : i32} : (tensor<1x6x5x32xf32>, tensor<1x6x5x32xf32>, tensor<1x6x5x96xf32>) -> tensor<1x6x5x160xf32>
  %g = tosa.abs %d : (tensor<1x6x5x160xf32>) -> tensor<1x6x5x160xf32>
  %h = tosa.abs %e : (tensor<1x6x5x168xf32>) -> tensor<1x6x5x168xf32>
  %i = tosa.abs %f : (tensor<1x6x5x168xf32>) -> tensor<1x6x5x168xf32>
  return %g, %h, %i : tensor<1x6x5x160xf32>, tensor<1x6x5x168xf32>, tensor<1x6x5x168xf32>
}

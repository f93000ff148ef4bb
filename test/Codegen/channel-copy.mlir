// Channels that change blocks: 7 + 18 + 8 are concatenated, shuffled in 3 groups, and cut in the
// middle of blocks. Copies round nothing, so both paths write the same bytes.
// RUN: lw-run %s --random-input=5 --output %t.kernels.npy
// RUN: lw-run %s --random-input=5 --output %t.reference.npy --reference
// RUN: cmp %t.kernels.npy %t.reference.npy
// RUN: lw-run %s --random-input=5 --output %t.avx2.npy --cpu=x86-64-v3
// RUN: cmp %t.avx2.npy %t.reference.npy
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-kernel-loops-pipeline | FileCheck %s

// CHECK-LABEL: func private @channels_
// CHECK: vector.shuffle
// CHECK-LABEL: func @main
// CHECK-COUNT-3: call @channels_
func.func @main(%x: tensor<2x5x3x33xf32>) -> tensor<2x5x3x20xf32> {
  %one = "tosa.const"() {values = dense<1.0> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
  %s0 = tosa.const_shape {values = dense<[0, 0, 0, 0]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %s1 = tosa.const_shape {values = dense<[0, 0, 0, 7]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %s2 = tosa.const_shape {values = dense<[0, 0, 0, 25]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %s3 = tosa.const_shape {values = dense<[0, 0, 0, 11]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %n7 = tosa.const_shape {values = dense<[2, 5, 3, 7]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %n18 = tosa.const_shape {values = dense<[2, 5, 3, 18]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %n8 = tosa.const_shape {values = dense<[2, 5, 3, 8]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %n20 = tosa.const_shape {values = dense<[2, 5, 3, 20]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %a = tosa.slice %x, %s0, %n7 : (tensor<2x5x3x33xf32>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<2x5x3x7xf32>
  %b = tosa.slice %x, %s1, %n18 : (tensor<2x5x3x33xf32>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<2x5x3x18xf32>
  %c = tosa.slice %x, %s2, %n8 : (tensor<2x5x3x33xf32>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<2x5x3x8xf32>
  %d = tosa.concat %b, %c, %a {axis = 3 : i32} : (tensor<2x5x3x18xf32>, tensor<2x5x3x8xf32>, tensor<2x5x3x7xf32>) -> tensor<2x5x3x33xf32>
  %e = lw.channel_shuffle %d {groups = 3 : i64} : tensor<2x5x3x33xf32>
  %f = tosa.slice %e, %s3, %n20 : (tensor<2x5x3x33xf32>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<2x5x3x20xf32>
  %g = tosa.add %f, %one : (tensor<2x5x3x20xf32>, tensor<1x1x1x1xf32>) -> tensor<2x5x3x20xf32>
  return %g : tensor<2x5x3x20xf32>
}

// Integers take the range that the processor multiplies; what the caller sees stays.
// RUN: lw-opt %s --lw-set-target="triple=x86_64-linux-gnu cpu=x86-64-v3" --lw-prepare-integers | FileCheck %s --check-prefix=X86
// RUN: lw-opt %s --lw-set-target="triple=aarch64-linux-gnu cpu=cortex-a76" --lw-prepare-integers | FileCheck %s --check-prefix=ARM
// RUN: not lw-opt %s --lw-prepare-integers 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: expects the module attribute lw.target; run --lw-set-target first

// X86-LABEL: func.func @main
// X86-SAME: %[[X:.*]]: tensor<1x4x4x8xi8>
// ARM-LABEL: func.func @main
func.func @main(%x: tensor<1x4x4x8xi8>) -> tensor<1x2x2x8xi8> {
  // The argument is s8: u8 inside.
  // X86: %[[U:.*]] = lw.requantize %[[X]] from <s8, 5.000000e-01, 3> to <u8, 5.000000e-01, 131>
  // ARM-NOT: lw.requantize
  // A pad's constant is an integer of the value.
  // X86: dense<-125> : tensor<1xi8>
  // ARM: dense<3> : tensor<1xi8>
  %zero = "tosa.const"() <{values = dense<3> : tensor<1xi8>}> : () -> tensor<1xi8>
  %amounts = tosa.const_shape {values = dense<[0, 0, 0, 0, 0, 0, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  // X86: %[[P:.*]] = tosa.pad %[[U]]
  %p = tosa.pad %x, %amounts, %zero : (tensor<1x4x4x8xi8>, !tosa.shape<8>, tensor<1xi8>) -> tensor<1x4x4x8xi8>
  // The maximum of TOSA compares signed integers.
  // X86: tosa.max_pool2d %[[P]] {{.*}}lw.unsigned
  // ARM: tosa.max_pool2d
  // ARM-NOT: lw.unsigned
  %m = tosa.max_pool2d %p {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x8xi8>) -> tensor<1x2x2x8xi8>
  // The table is turned on both sides: entry 0x80 + i is entry i.
  // X86: lw.lookup {{.*}} in dense<-123> : tensor<256xi8>
  // ARM: lw.lookup {{.*}} in dense<5> : tensor<256xi8>
  %t = lw.lookup %m in dense<5> : tensor<256xi8> : tensor<1x2x2x8xi8>
  // X86: lw.requantize {{.*}} from <u8, 5.000000e-01, 131> to <u8, 2.500000e-01, 128>
  // ARM: lw.requantize {{.*}} from <s8, 5.000000e-01, 3> to <s8, 2.500000e-01, 0>
  %a = lw.requantize %m from <s8, 0.5, 3> to <s8, 0.25, 0> : tensor<1x2x2x8xi8>
  // X86: lw.add {{.*}} from <u8, 2.500000e-01, 128>, {{.*}} from <u8, 1.000000e+00, 120> to <u8, 5.000000e-01, 128>
  %s = lw.add %a from <s8, 0.25, 0>, %t from <s8, 1.0, -8> to <s8, 0.5, 0> : tensor<1x2x2x8xi8>, tensor<1x2x2x8xi8> -> tensor<1x2x2x8xi8>
  // X86: %[[R:.*]] = lw.requantize {{.*}} from <u8, 5.000000e-01, 128> to <s8, 5.000000e-01, 0>
  // X86: return %[[R]]
  return %s : tensor<1x2x2x8xi8>
}

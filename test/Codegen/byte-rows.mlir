// Pixels of eight bytes each, three of a row at a time, which are part of a block
// and lie side by side in the result: LLVM's lowering of stores that pick their
// bytes from one vector does not end on AVX-512 without VBMI.
// RUN: timeout 120 lwc %s -o %t.o --emit=obj --cpu=x86-64-v4
// RUN: timeout 120 lwc %s -o %t.o --emit=obj --cpu=x86-64-v3

func.func @main(%x: tensor<1x18x3x41xi8>) -> tensor<1x19x3x8xi8> {
  %w = "tosa.const"() {values = dense<3> : tensor<3x3x41x8xi8>} : () -> tensor<3x3x41x8xi8>
  %b = "tosa.const"() {values = dense<3> : tensor<8xi32>} : () -> tensor<8xi32>
  %y = lw.conv_2d %x, %w bias %b {padding = array<i64: 3, 0, 3, 3>, dilations = array<i64: 1, 3>, activation = #lw.act<relu>,
         quantization = #lw.conv_quant<input = <s8, 0.0625, -51>, filter = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], output = <u8, 4.0, 205>>}
       : (tensor<1x18x3x41xi8>, tensor<3x3x41x8xi8>, tensor<8xi32>) -> tensor<1x19x3x8xi8>
  return %y : tensor<1x19x3x8xi8>
}

// RUN: lw-opt %s --lw-fuse-quantization --split-input-file | FileCheck %s
// RUN: lw-opt %s --lw-fuse-quantization --lw-print-quantization --split-input-file -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REPORT

!f = tensor<1x4x4x2xf32>
!b = tensor<1x4x4x2xi8>

// A dequantized filter less its zero point, a bias in steps of 0.5 * 0.25, a
// dequantized residual, a bound: one convolution.
// CHECK-LABEL: func @conv
// CHECK-SAME: %[[X:.*]]: tensor<1x4x4x2xi8>, %[[R:.*]]: tensor<1x4x4x2xi8>
// REPORT: 1 operations on integers, 0 on floats, 0 conversions
func.func @conv(%x: !b, %r: !b) -> !b {
  // CHECK-DAG: %[[W:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}-2, 3], [0, 127]]]]> : tensor<1x1x2x2xi8>}>
  // CHECK-DAG: %[[B:.*]] = "tosa.const"() <{values = dense<[8, -10]> : tensor<2xi32>}>
  %w = "tosa.const"() {values = dense<[[[[126, 131], [128, 255]]]]> : tensor<1x1x2x2xi8>} : () -> tensor<1x1x2x2xi8>
  %b = "tosa.const"() {values = dense<[1.0, -1.3]> : tensor<2xf32>} : () -> tensor<2xf32>
  %0 = lw.dequantize %x from <u8, 0.5, 7> : !b -> !f
  %1 = lw.dequantize %w from <u8, 0.25, 128> : tensor<1x1x2x2xi8> -> tensor<1x1x2x2xf32>
  %2 = lw.dequantize %r from <s8, 2.0, 1> : !b -> !f
  // CHECK: %[[Y:.*]] = lw.pointwise_conv_2d %[[X]], %[[W]] bias %[[B]] residual %[[R]] {activation = #lw.act<clamp, 0.000000e+00, 6.000000e+00>
  // CHECK-SAME: quantization = #lw.conv_quant<input = <u8, 5.000000e-01, 7>, filter = [2.500000e-01, 2.500000e-01], output = <s8, 1.250000e-01, -128>, residual = <s8, 2.000000e+00, 1>>
  %3 = lw.pointwise_conv_2d %0, %1 bias %b residual %2 : (!f, tensor<1x1x2x2xf32>, tensor<2xf32>, !f) -> !f
  %4 = tosa.clamp %3 {min_val = 0.0 : f32, max_val = 6.0 : f32} : (!f) -> !f
  // CHECK-NEXT: return %[[Y]]
  %5 = lw.quantize %4 to <s8, 0.125, -128> : !f -> !b
  return %5 : !b
}

// -----

!f = tensor<1x4x4x2xf32>
!b = tensor<1x4x4x2xi8>

// The pad's zero becomes the zero point. Windows are counted whole.
// CHECK-LABEL: func @pool
// CHECK-SAME: %[[X:.*]]: tensor<1x4x4x2xi8>
// REPORT: 2 operations on integers, 0 on floats, 0 conversions
func.func @pool(%x: !b) -> tensor<1x2x2x2xi8> {
  // CHECK-DAG: %[[ONES:.*]] = "tosa.const"() <{values = dense<1> : tensor<3x3x2x1xi8>}>
  // CHECK-DAG: %[[ZERO:.*]] = "tosa.const"() <{values = dense<7> : tensor<1xi8>}>
  %zero = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %amounts = tosa.const_shape {values = dense<[0, 0, 1, 0, 1, 0, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %izp = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %0 = lw.dequantize %x from <u8, 0.5, 7> : !b -> !f
  // CHECK: %[[P:.*]] = tosa.pad %[[X]], %{{.*}}, %[[ZERO]]
  %1 = tosa.pad %0, %amounts, %zero : (!f, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x5x5x2xf32>
  // CHECK: lw.depthwise_conv_2d %[[P]], %[[ONES]] {quantization = #lw.conv_quant<input = <u8, 5.000000e-01, 7>, filter = [0.111111112, 0.111111112], output = <u8, 2.500000e-01, 0>>, strides = array<i64: 2, 2>}
  %2 = tosa.avg_pool2d %1, %izp, %izp {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>, acc_type = f32} : (tensor<1x5x5x2xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x2x2xf32>
  %3 = lw.quantize %2 to <u8, 0.25, 0> : tensor<1x2x2x2xf32> -> tensor<1x2x2x2xi8>
  return %3 : tensor<1x2x2x2xi8>
}

// -----

!f = tensor<1x4x4x2xf32>
!b = tensor<1x4x4x2xi8>

// Windows at the edges average fewer elements, as many as there are in the
// image: the sums are exact, and divided pixel by pixel.
// CHECK-LABEL: func @not_counted
// CHECK-SAME: %[[X:.*]]: tensor
// CHECK-DAG: %[[ONES:.*]] = "tosa.const"() <{values = dense<1> : tensor<3x3x2x1xi8>}>
// CHECK-DAG: %[[SHARES:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}2.500000e-01], [0.166666672], [0.166666672], [2.500000e-01]], {{\[\[}}0.166666672], [0.111111112], [0.111111112], [0.166666672]], {{\[\[}}0.166666672], [0.111111112], [0.111111112], [0.166666672]], {{\[\[}}2.500000e-01], [0.166666672], [0.166666672], [2.500000e-01]]]]> : tensor<1x4x4x1xf32>}>
// CHECK: %[[SUMS:.*]] = lw.depthwise_conv_2d %[[X]], %[[ONES]] {padding = array<i64: 1, 1, 1, 1>, quantization = #lw.conv_quant<input = <u8, 5.000000e-01, 7>, filter = [1.000000e+00, 1.000000e+00]>} : {{.*}} -> tensor<1x4x4x2xf32>
// CHECK: %[[AVERAGE:.*]] = tosa.mul %[[SUMS]], %[[SHARES]]
// CHECK: lw.quantize %[[AVERAGE]] to <u8, 5.000000e-01, 7>
// REPORT: 1 operations on integers, 1 on floats, 1 conversions
// REPORT: tosa.mul its input is not quantized
func.func @not_counted(%x: !b) -> !b {
  %izp = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %0 = lw.dequantize %x from <u8, 0.5, 7> : !b -> !f
  %1 = tosa.avg_pool2d %0, %izp, %izp {kernel = array<i64: 3, 3>, stride = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, acc_type = f32} : (!f, tensor<1xf32>, tensor<1xf32>) -> !f
  %2 = lw.quantize %1 to <u8, 0.5, 7> : !f -> !b
  return %2 : !b
}

// -----

!f = tensor<1x2x2x2xf32>
!b = tensor<1x2x2x2xi8>

// All windows are cut to as many elements.
// CHECK-LABEL: func @cut_alike
// CHECK: lw.depthwise_conv_2d {{.*}} {padding = array<i64: 1, 1, 1, 1>, quantization = #lw.conv_quant<input = <u8, 5.000000e-01, 7>, filter = [2.500000e-01, 2.500000e-01], output = <u8, 2.500000e-01, 3>>}
// CHECK-NEXT: return
// REPORT: 1 operations on integers, 0 on floats, 0 conversions
func.func @cut_alike(%x: !b) -> !b {
  %izp = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %0 = lw.dequantize %x from <u8, 0.5, 7> : !b -> !f
  %1 = tosa.avg_pool2d %0, %izp, %izp {kernel = array<i64: 3, 3>, stride = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>, acc_type = f32} : (!f, tensor<1xf32>, tensor<1xf32>) -> !f
  %2 = lw.quantize %1 to <u8, 0.25, 3> : !f -> !b
  return %2 : !b
}

// -----

!f = tensor<1x4x4x2xf32>
!b = tensor<1x4x4x2xi8>

// Sums, a relu that all bytes pass, one that they do not, a difference.
// CHECK-LABEL: func @sums
// CHECK-SAME: %[[A:.*]]: tensor<1x4x4x2xi8>, %[[B:.*]]: tensor<1x4x4x2xi8>
func.func @sums(%a: !b, %b: !b) -> (!b, !b, !b) {
  %0 = lw.dequantize %a from <u8, 0.5, 7> : !b -> !f
  %1 = lw.dequantize %b from <s8, 0.25, -3> : !b -> !f
  // CHECK-DAG: %[[S:.*]] = lw.add %[[A]] from <u8, 5.000000e-01, 7>, %[[B]] from <s8, 2.500000e-01, -3> to <u8, 1.000000e+00, 0>
  %2 = tosa.add %0, %1 : (!f, !f) -> !f
  %3 = tosa.clamp %2 {min_val = 0.0 : f32, max_val = 1.0e9 : f32} : (!f) -> !f
  %4 = lw.quantize %3 to <u8, 1.0, 0> : !f -> !b
  // CHECK-DAG: %[[M:.*]] = lw.mul %[[A]] from {{.*}} to <s8, 1.000000e+00, 0>
  // Bytes 128 to 255 are negative and become zero.
  // CHECK-DAG: %[[L:.*]] = lw.lookup %[[M]] in dense<"0x000102{{[0-9A-F]*}}7D7E7F{{(00)+}}">
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %5 = tosa.mul %0, %1, %shift : (!f, !f, tensor<1xi8>) -> !f
  %6 = tosa.clamp %5 {min_val = 0.0 : f32, max_val = 1.0e9 : f32} : (!f) -> !f
  %7 = lw.quantize %6 to <s8, 1.0, 0> : !f -> !b
  // -1 - b and -1 + 3 stand for the negative of b.
  // CHECK-DAG: %[[N:.*]] = lw.lookup %[[B]] in dense<"0xFFFEFD{{[0-9A-F]*}}020100">
  // CHECK-DAG: %[[D:.*]] = lw.add %[[A]] from <u8, 5.000000e-01, 7>, %[[N]] from <s8, 2.500000e-01, 2> to <s8, 1.000000e+00, 0>
  %8 = tosa.sub %0, %1 : (!f, !f) -> !f
  %9 = lw.quantize %8 to <s8, 1.0, 0> : !f -> !b
  // CHECK: return %[[S]], %[[L]], %[[D]]
  return %4, %7, %9 : !b, !b, !b
}

// -----

!f = tensor<1x4x4x2xf32>
!b = tensor<1x4x4x2xi8>

// Bytes move; maxima are of signed bytes, and the convolution beside them takes
// up the change.
// CHECK-LABEL: func @moves
// CHECK-SAME: %[[A:.*]]: tensor<1x4x4x2xi8>, %[[B:.*]]: tensor<1x4x4x2xi8>
func.func @moves(%a: !b, %b: !b) -> tensor<1x4x4x4xi8> {
  // CHECK: %[[R:.*]] = lw.requantize %[[A]] from <u8, 5.000000e-01, 7> to <s8, 5.000000e-01, -121>
  // CHECK-NEXT: %[[Q:.*]] = lw.requantize %[[B]] from <u8, 2.500000e-01, 0> to <s8, 5.000000e-01, -121>
  // CHECK-NEXT: %[[C:.*]] = tosa.concat %[[R]], %[[Q]] {axis = 3 : i32} : (tensor<1x4x4x2xi8>, tensor<1x4x4x2xi8>) -> tensor<1x4x4x4xi8>
  // CHECK-NEXT: %[[S:.*]] = lw.channel_shuffle %[[C]] {groups = 2 : i64} : tensor<1x4x4x4xi8>
  // CHECK-NEXT: %[[P:.*]] = tosa.max_pool2d %[[S]]
  // CHECK-NEXT: %[[Y:.*]] = lw.requantize %[[P]] from <s8, 5.000000e-01, -121> to <u8, 5.000000e-01, 7>
  // CHECK-NEXT: return %[[Y]]
  %0 = lw.dequantize %a from <u8, 0.5, 7> : !b -> !f
  %1 = lw.dequantize %b from <u8, 0.25, 0> : !b -> !f
  %2 = tosa.concat %0, %1 {axis = 3 : i32} : (!f, !f) -> tensor<1x4x4x4xf32>
  %3 = lw.channel_shuffle %2 {groups = 2 : i64} : tensor<1x4x4x4xf32>
  %4 = tosa.max_pool2d %3 {kernel = array<i64: 3, 3>, stride = array<i64: 1, 1>, pad = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %5 = lw.quantize %4 to <u8, 0.5, 7> : tensor<1x4x4x4xf32> -> tensor<1x4x4x4xi8>
  return %5 : tensor<1x4x4x4xi8>
}

// -----

// x * clamp(x / 6 + 0.5, 0, 1) of x = (q - 128) / 16 in steps of 1/16: zero up
// to x = -3 (q = 80), x itself from 3 on (q = 176). In between by hand:
// q = 128: 0; q = 144, x = 1: 2/3, 10.67 steps, 11; q = 112, x = -1: -1/3,
// -5.33 steps, -5.
// CHECK-LABEL: func @hard_swish
func.func @hard_swish(%x: tensor<1x256xi8>) -> tensor<1x256xi8> {
  %half = "tosa.const"() {values = dense<0.5> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
  %sixth = "tosa.const"() {values = dense<0.166666672> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  // CHECK: lw.lookup %{{.*}} in dense<"0x{{(00){80}[0-9A-F]{64}FB([0-9A-F]{2}){15}00([0-9A-F]{2}){15}0B([0-9A-F]{2}){31}303132}}
  %0 = lw.dequantize %x from <u8, 0.0625, 128> : tensor<1x256xi8> -> tensor<1x256xf32>
  %1 = tosa.mul %0, %sixth, %shift : (tensor<1x256xf32>, tensor<1x1xf32>, tensor<1xi8>) -> tensor<1x256xf32>
  %2 = tosa.add %1, %half : (tensor<1x256xf32>, tensor<1x1xf32>) -> tensor<1x256xf32>
  %3 = tosa.clamp %2 {min_val = 0.0 : f32, max_val = 1.0 : f32} : (tensor<1x256xf32>) -> tensor<1x256xf32>
  %4 = tosa.mul %0, %3, %shift : (tensor<1x256xf32>, tensor<1x256xf32>, tensor<1xi8>) -> tensor<1x256xf32>
  %5 = lw.quantize %4 to <s8, 0.0625, 0> : tensor<1x256xf32> -> tensor<1x256xi8>
  return %5 : tensor<1x256xi8>
}

// -----

// Bytes that only move are also held as reals of scale 1: what takes them after
// a maximum, which compares signed bytes, keeps its own scale.
// CHECK-LABEL: func @bytes_before_conv
func.func @bytes_before_conv(%x: tensor<1x4x4x2xi8>, %w: tensor<1x1x2x2xi8>) -> tensor<1x2x2x2xi8> {
  // CHECK: lw.conv_2d
  // CHECK-SAME: input = <s8, 2.500000e-01, -121>
  %0 = lw.dequantize %x from <u8, 1.0, 0> : tensor<1x4x4x2xi8> -> tensor<1x4x4x2xf32>
  %1 = tosa.max_pool2d %0 {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32>
  %2 = lw.quantize %1 to <u8, 1.0, 0> : tensor<1x2x2x2xf32> -> tensor<1x2x2x2xi8>
  %3 = lw.conv_2d %2, %w {quantization = #lw.conv_quant<input = <u8, 0.25, 7>, filter = [0.5, 0.5]>} : (tensor<1x2x2x2xi8>, tensor<1x1x2x2xi8>) -> tensor<1x2x2x2xf32>
  %4 = lw.quantize %3 to <u8, 0.5, 0> : tensor<1x2x2x2xf32> -> tensor<1x2x2x2xi8>
  return %4 : tensor<1x2x2x2xi8>
}

// CHECK-LABEL: func @bytes_after_add
func.func @bytes_after_add(%x: tensor<1x4x4x2xi8>, %y: tensor<1x4x4x2xi8>) -> tensor<1x2x2x2xi8> {
  // CHECK: lw.add
  // CHECK-SAME: <s8, 5.000000e-01, -125>
  // CHECK-NEXT: tosa.max_pool2d
  // CHECK-NEXT: lw.requantize {{.*}} from <s8, 1.000000e+00, -128> to <u8, 1.000000e+00, 0>
  %0 = lw.dequantize %x from <u8, 0.25, 7> : tensor<1x4x4x2xi8> -> tensor<1x4x4x2xf32>
  %z = lw.dequantize %y from <u8, 0.5, 0> : tensor<1x4x4x2xi8> -> tensor<1x4x4x2xf32>
  %1 = tosa.add %0, %z : (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %2 = lw.quantize %1 to <u8, 0.5, 3> : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xi8>
  %3 = lw.dequantize %2 from <u8, 1.0, 0> : tensor<1x4x4x2xi8> -> tensor<1x4x4x2xf32>
  %4 = tosa.max_pool2d %3 {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>} : (tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32>
  %5 = lw.quantize %4 to <u8, 1.0, 0> : tensor<1x2x2x2xf32> -> tensor<1x2x2x2xi8>
  return %5 : tensor<1x2x2x2xi8>
}

// -----

// The scale of a mask of the least float leaves no bits to what it is added to: where no
// normal number is the ratio of two scales, reals are added.
// CHECK-LABEL: func @scales_far_apart
// CHECK-NOT: lw.add
// CHECK: tosa.add
// CHECK-NOT: lw.mul
// CHECK: tosa.mul
// CHECK-NOT: lw.requantize
// CHECK: lw.quantize {{.*}} to <u8, 1.000000e-03, 0>
func.func @scales_far_apart(%x: tensor<1x4xi8>, %mask: tensor<1x4xi8>) -> (tensor<1x4xi8>, tensor<1x4xi8>, tensor<1x4xi8>) {
  %0 = lw.dequantize %x from <u8, 6.3e-4, 128> : tensor<1x4xi8> -> tensor<1x4xf32>
  %1 = lw.dequantize %mask from <u8, 1.3344e36, 255> : tensor<1x4xi8> -> tensor<1x4xf32>
  %2 = tosa.add %0, %1 : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %3 = lw.quantize %2 to <u8, 1.3344e36, 255> : tensor<1x4xf32> -> tensor<1x4xi8>
  %shift0 = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %4 = tosa.mul %0, %1, %shift0 : (tensor<1x4xf32>, tensor<1x4xf32>, tensor<1xi8>) -> tensor<1x4xf32>
  %5 = lw.quantize %4 to <u8, 1.0, 0> : tensor<1x4xf32> -> tensor<1x4xi8>
  %6 = lw.quantize %1 to <u8, 1.0e-3, 0> : tensor<1x4xf32> -> tensor<1x4xi8>
  return %3, %5, %6 : tensor<1x4xi8>, tensor<1x4xi8>, tensor<1x4xi8>
}

// RUN: lw-opt %s --convert-lw-to-linalg --split-input-file | FileCheck %s
// What is computed is checked against naive loops by the property tests; here,
// that every part is there, and that nothing may contract or reorder it.

// Padding holds the zero point: it is taken away first.
// CHECK-LABEL: func @convolution
// CHECK-SAME: (%[[X:.*]]: tensor<1x8x8x3xi8>, %[[W:.*]]: tensor<3x3x3x2xi8>, %[[B:.*]]: tensor<2xi32>, %[[R:.*]]: tensor<1x4x4x2xi8>)
// CHECK: %[[CENTERED:.*]] = linalg.generic {{.*}} ins(%[[X]] :
// CHECK-NEXT: ^bb0(%[[E:.*]]: i8, %{{.*}}: i32):
// CHECK-NEXT: %[[WIDE:.*]] = arith.extui %[[E]] : i8 to i32
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 128 : i32
// CHECK-NEXT: arith.subi %[[WIDE]], %[[ZERO]] : i32
// CHECK: %[[P:.*]] = tensor.pad %[[CENTERED]] low[0, 0, 1, 0] high[0, 1, 0, 0]
// CHECK-NEXT: ^bb0
// CHECK-NEXT: tensor.yield %c0_i32
// CHECK: %[[I:.*]] = linalg.broadcast ins(%[[B]] : tensor<2xi32>)
// CHECK: %[[SUM:.*]] = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%[[P]], %[[W]] : tensor<1x9x9x3xi32>, tensor<3x3x3x2xi8>) outs(%[[I]] : tensor<1x4x4x2xi32>)
// CHECK: %[[M:.*]] = arith.constant dense<[1.250000e-01, 2.500000e-01]> : tensor<2xf32>
// CHECK: linalg.generic {{.*}} ins(%[[SUM]], %[[M]] : {{.*}}) outs(%[[R]] :
// CHECK-NEXT: ^bb0(%[[ACC:.*]]: i32, %[[MC:.*]]: f32, %[[RES:.*]]: i8):
// CHECK-NEXT: %[[F:.*]] = arith.sitofp %[[ACC]] : i32 to f32
// CHECK-NEXT: %[[L:.*]] = arith.mulf %[[F]], %[[MC]] : f32
// CHECK-NEXT: %[[RW:.*]] = arith.extsi %[[RES]] : i8 to i32
// CHECK-NEXT: %[[RZ:.*]] = arith.constant -3 : i32
// CHECK-NEXT: %[[RC:.*]] = arith.subi %[[RW]], %[[RZ]] : i32
// CHECK-NEXT: %[[RF:.*]] = arith.sitofp %[[RC]] : i32 to f32
// CHECK-NEXT: %[[MR:.*]] = arith.constant 7.500000e-01 : f32
// CHECK-NEXT: %[[RM:.*]] = arith.mulf %[[RF]], %[[MR]] : f32
// CHECK-NEXT: %[[V:.*]] = arith.addf %[[L]], %[[RM]] : f32
// NaN, saturation, half to even, the zero point, the clamp's bounds.
// CHECK-NEXT: arith.cmpf ord, %[[V]], %[[V]] : f32
// CHECK: arith.maximumf
// CHECK: arith.minimumf
// CHECK: %[[SHIFT:.*]] = arith.constant 0x4B400000 : f32
// CHECK: %[[UP:.*]] = arith.addf %{{.*}}, %[[SHIFT]] : f32
// CHECK: %[[DOWN:.*]] = arith.subf %[[UP]], %[[SHIFT]] : f32
// CHECK: %[[INT:.*]] = arith.fptosi %[[DOWN]] : f32 to i32
// CHECK: %[[OZ:.*]] = arith.constant 5 : i32
// CHECK: %[[Y:.*]] = arith.addi %[[INT]], %[[OZ]] : i32
// CHECK: %[[LOW:.*]] = arith.constant 5 : i32
// CHECK: %[[AT_LEAST:.*]] = arith.maxsi %[[Y]], %[[LOW]] : i32
// CHECK: %[[HIGH:.*]] = arith.constant 11 : i32
// CHECK: arith.minsi %[[AT_LEAST]], %[[HIGH]] : i32
// CHECK-NOT: lw.
func.func @convolution(%x: tensor<1x8x8x3xi8>, %w: tensor<3x3x3x2xi8>, %b: tensor<2xi32>, %r: tensor<1x4x4x2xi8>) -> tensor<1x4x4x2xi8> {
  %y = lw.conv_2d %x, %w bias %b residual %r {strides = array<i64: 2, 2>, padding = array<i64: 0, 1, 1, 0>, activation = #lw.act<clamp, 0.0, 6.0>,
       quantization = #lw.conv_quant<input = <u8, 0.5, 128>, filter = [0.25, 0.5], output = <u8, 1.0, 5>, residual = <s8, 0.75, -3>>}
       : (tensor<1x8x8x3xi8>, tensor<3x3x3x2xi8>, tensor<2xi32>, tensor<1x4x4x2xi8>) -> tensor<1x4x4x2xi8>
  return %y : tensor<1x4x4x2xi8>
}

// -----

// The accumulator itself.
// CHECK-LABEL: func @accumulator
// CHECK: arith.extsi
// CHECK: %[[Y:.*]] = linalg.depthwise_conv_2d_nhwc_hwcm {{.*}} ins({{.*}} : tensor<1x8x8x4xi32>, tensor<3x3x4x2xi8>) outs({{.*}} : tensor<1x6x6x4x2xi32>)
// CHECK: %[[C:.*]] = tensor.collapse_shape %[[Y]]
// CHECK-NEXT: return %[[C]]
func.func @accumulator(%x: tensor<1x8x8x4xi8>, %w: tensor<3x3x4x2xi8>) -> tensor<1x6x6x8xi32> {
  %y = lw.depthwise_conv_2d %x, %w {quantization = #lw.conv_quant<input = <s8, 0.5, -128>>} : (tensor<1x8x8x4xi8>, tensor<3x3x4x2xi8>) -> tensor<1x6x6x8xi32>
  return %y : tensor<1x6x6x8xi32>
}

// -----

// Real results: one factor, the residual, any activation.
// CHECK-LABEL: func @real
// CHECK: linalg.conv_2d_nhwc_hwcf
// CHECK: arith.constant dense<[1.250000e-01, 2.500000e-01]> : tensor<2xf32>
// CHECK: arith.mulf
// CHECK-NEXT: arith.addf
// CHECK-NEXT: math.tanh
// CHECK-NOT: arith.fptosi
func.func @real(%x: tensor<?x8x8x4xi8>, %w: tensor<1x1x4x2xi8>, %r: tensor<?x8x8x2xf32>) -> tensor<?x8x8x2xf32> {
  %y = lw.pointwise_conv_2d %x, %w residual %r {activation = #lw.act<tanh>, quantization = #lw.conv_quant<input = <s8, 0.5, 0>, filter = [0.25, 0.5]>}
       : (tensor<?x8x8x4xi8>, tensor<1x1x4x2xi8>, tensor<?x8x8x2xf32>) -> tensor<?x8x8x2xf32>
  return %y : tensor<?x8x8x2xf32>
}

// -----

// CHECK-LABEL: func @quantize
// CHECK: %[[S:.*]] = arith.constant 2.500000e-01 : f32
// CHECK: arith.divf %{{.*}}, %[[S]] : f32
// CHECK: arith.fptosi
// CHECK-LABEL: func @dequantize
// CHECK: arith.extui
// CHECK: arith.subi
// CHECK: arith.sitofp
// CHECK: arith.mulf
// CHECK-LABEL: func @requantize
// CHECK: arith.constant 2.000000e+00 : f32
// CHECK: arith.mulf
// CHECK: arith.fptosi
// CHECK-LABEL: func @lookup
// CHECK: %[[T:.*]] = arith.constant dense<7> : tensor<256xi8>
// CHECK: linalg.generic
// CHECK: %[[I:.*]] = arith.index_castui %{{.*}} : i8 to index
// CHECK-NEXT: tensor.extract %[[T]][%[[I]]]
func.func @quantize(%x: tensor<2x3xf32>) -> tensor<2x3xi8> {
  %y = lw.quantize %x to <u8, 0.25, 3> : tensor<2x3xf32> -> tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}
func.func @dequantize(%x: tensor<?xi8>) -> tensor<?xf32> {
  %y = lw.dequantize %x from <u8, 0.25, 3> : tensor<?xi8> -> tensor<?xf32>
  return %y : tensor<?xf32>
}
func.func @requantize(%x: tensor<i8>) -> tensor<i8> {
  %y = lw.requantize %x from <u8, 1.0, 3> to <s8, 0.5, 0> : tensor<i8>
  return %y : tensor<i8>
}
func.func @lookup(%x: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %y = lw.lookup %x in dense<7> : tensor<256xi8> : tensor<2x3xi8>
  return %y : tensor<2x3xi8>
}

// -----

// CHECK: #[[CHANNEL:.*]] = affine_map<(d0, d1, d2, d3) -> (0, 0, 0, d3)>
// CHECK: #[[PIXEL:.*]] = affine_map<(d0, d1, d2, d3) -> (0, d1, d2, 0)>
// CHECK: #[[ALL:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-LABEL: func @add
// CHECK: linalg.generic {indexing_maps = [#[[CHANNEL]], #[[PIXEL]], #[[ALL]]]
// CHECK: arith.constant 5.000000e-01 : f32
// CHECK: %[[L:.*]] = arith.mulf
// CHECK: arith.constant 2.500000e-01 : f32
// CHECK: %[[R:.*]] = arith.mulf
// CHECK: arith.addf %[[L]], %[[R]] : f32
// CHECK-LABEL: func @mul
// CHECK-SAME: (%{{.*}}: {{.*}}, %[[B:.*]]: tensor<?x4x5x1xi8>)
// CHECK: tensor.dim %[[B]]
// CHECK: %[[P:.*]] = arith.muli
// CHECK: %[[F:.*]] = arith.sitofp %[[P]]
// CHECK: %[[M:.*]] = arith.constant 1.250000e-01 : f32
// CHECK: arith.mulf %[[F]], %[[M]] : f32
func.func @add(%a: tensor<1x1x1x6xi8>, %b: tensor<1x4x5x1xi8>) -> tensor<2x4x5x6xi8> {
  %y = lw.add %a from <u8, 0.5, 128>, %b from <s8, 0.25, 3> to <u8, 1.0, 0> : tensor<1x1x1x6xi8>, tensor<1x4x5x1xi8> -> tensor<2x4x5x6xi8>
  return %y : tensor<2x4x5x6xi8>
}
func.func @mul(%a: tensor<1x1x1x6xi8>, %b: tensor<?x4x5x1xi8>) -> tensor<?x4x5x6xi8> {
  %y = lw.mul %a from <u8, 0.5, 128>, %b from <s8, 0.25, 3> to <u8, 1.0, 0> : tensor<1x1x1x6xi8>, tensor<?x4x5x1xi8> -> tensor<?x4x5x6xi8>
  return %y : tensor<?x4x5x6xi8>
}

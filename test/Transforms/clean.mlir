// RUN: lw-opt %s --lw-clean --split-input-file | FileCheck %s

!x = tensor<1x4x6x8xf32>
!c = tensor<1x1x1x8xf32>

// CHECK-LABEL: func @identities
// CHECK-SAME: %[[X:.*]]: tensor<1x4x6x8xf32>
// CHECK-NEXT: %[[Y:.*]] = tosa.exp %[[X]]
// CHECK-NEXT: return %[[Y]]
func.func @identities(%x: !x) -> !x {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %one = "tosa.const"() {values = dense<1.0> : !c} : () -> !c
  %zero = "tosa.const"() {values = dense<0.0> : !c} : () -> !c
  %pc = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %no = tosa.const_shape {values = dense<0> : tensor<8xindex>} : () -> !tosa.shape<8>
  %at = tosa.const_shape {values = dense<0> : tensor<4xindex>} : () -> !tosa.shape<4>
  %all = tosa.const_shape {values = dense<[1, 4, 6, 8]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %0 = tosa.identity %x : (!x) -> !x
  %1 = tosa.mul %0, %one, %shift : (!x, !c, tensor<1xi8>) -> !x
  %2 = tosa.add %zero, %1 : (!c, !x) -> !x
  %3 = tosa.sub %2, %zero : (!x, !c) -> !x
  %4 = tosa.pad %3, %no, %pc : (!x, !tosa.shape<8>, tensor<1xf32>) -> !x
  %5 = tosa.slice %4, %at, %all : (!x, !tosa.shape<4>, !tosa.shape<4>) -> !x
  %6 = tosa.concat %5 {axis = 1 : i32} : (!x) -> !x
  %7 = tosa.cast %6 : (!x) -> !x
  %8 = tosa.exp %7 : (!x) -> !x
  // Dead.
  %9 = tosa.log %8 : (!x) -> !x
  return %8 : !x
}

// A subtraction from zero and a product with one that broadcasts are something.
// CHECK-LABEL: func @no_identities
// CHECK: tosa.sub
// CHECK: tosa.mul
func.func @no_identities(%x: !x, %v: !c) -> (!x, !x) {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %zero = "tosa.const"() {values = dense<0.0> : !c} : () -> !c
  %ones = "tosa.const"() {values = dense<1.0> : !x} : () -> !x
  %0 = tosa.sub %zero, %x : (!c, !x) -> !x
  %1 = tosa.mul %v, %ones, %shift : (!c, !x, tensor<1xi8>) -> !x
  return %0, %1 : !x, !x
}

// CHECK-LABEL: func @duplicates
// CHECK: "tosa.const"
// CHECK-NOT: "tosa.const"
// CHECK: %[[Y:.*]] = lw.pointwise_conv_2d
// CHECK-NEXT: %[[S:.*]] = tosa.add %[[Y]], %[[Y]]
// CHECK-NEXT: return %[[S]]
func.func @duplicates(%x: !x) -> !x {
  %w0 = "tosa.const"() {values = dense<1.5> : tensor<1x1x8x8xf32>} : () -> tensor<1x1x8x8xf32>
  %w1 = "tosa.const"() {values = dense<1.5> : tensor<1x1x8x8xf32>} : () -> tensor<1x1x8x8xf32>
  %0 = lw.conv_2d %x, %w0 : (!x, tensor<1x1x8x8xf32>) -> !x
  %1 = lw.pointwise_conv_2d %x, %w1 : (!x, tensor<1x1x8x8xf32>) -> !x
  %2 = tosa.add %0, %1 : (!x, !x) -> !x
  return %2 : !x
}

// CHECK-LABEL: func @clamps
// CHECK-NEXT: tosa.clamp %{{.*}} {max_val = 4.000000e+00 : f32, min_val = 0.000000e+00 : f32}
// CHECK-NEXT: return
func.func @clamps(%x: !x) -> !x {
  %0 = tosa.clamp %x {min_val = 0.0 : f32, max_val = 6.0 : f32} : (!x) -> !x
  %1 = tosa.clamp %0 {min_val = -1.0 : f32, max_val = 4.0 : f32} : (!x) -> !x
  return %1 : !x
}

// -----

// A pad joins each convolution after it; a pointwise one becomes general.
// CHECK-LABEL: func @pads
// CHECK-NOT: tosa.pad
// CHECK: lw.conv_2d %arg0, %{{.*}} {padding = array<i64: 1, 3, 3, 5>}
// CHECK-NEXT: lw.depthwise_conv_2d %arg0, %{{.*}} {padding = array<i64: 0, 1, 2, 3>}
// CHECK-NEXT: lw.conv_2d %arg0, %{{.*}} {activation = #lw.act<relu>, padding = array<i64: 0, 1, 2, 3>, strides = array<i64: 2, 2>} : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>)
// CHECK-NEXT: lw.separable_conv_2d %arg0, {{.*}} {padding = array<i64: 0, 1, 2, 3>}
func.func @pads(%x: tensor<1x4x4x8xf32>, %w: tensor<3x3x8x8xf32>, %d: tensor<3x3x8x1xf32>, %p: tensor<1x1x8x8xf32>)
    -> (tensor<1x6x10x8xf32>, tensor<1x3x7x8xf32>, tensor<1x3x5x8xf32>, tensor<1x3x7x8xf32>) {
  %zero = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %by = tosa.const_shape {values = dense<[0, 0, 0, 1, 2, 3, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %0 = tosa.pad %x, %by, %zero : (tensor<1x4x4x8xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x5x9x8xf32>
  %1 = lw.conv_2d %0, %w {padding = array<i64: 1, 2, 1, 2>} : (tensor<1x5x9x8xf32>, tensor<3x3x8x8xf32>) -> tensor<1x6x10x8xf32>
  %2 = lw.depthwise_conv_2d %0, %d : (tensor<1x5x9x8xf32>, tensor<3x3x8x1xf32>) -> tensor<1x3x7x8xf32>
  %3 = lw.pointwise_conv_2d %0, %p {strides = array<i64: 2, 2>, activation = #lw.act<relu>} : (tensor<1x5x9x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x3x5x8xf32>
  %4 = lw.separable_conv_2d %0, %d, %p : (tensor<1x5x9x8xf32>, tensor<3x3x8x1xf32>, tensor<1x1x8x8xf32>) -> tensor<1x3x7x8xf32>
  return %1, %2, %3, %4 : tensor<1x6x10x8xf32>, tensor<1x3x7x8xf32>, tensor<1x3x5x8xf32>, tensor<1x3x7x8xf32>
}

// Another value, or channels: the pad stays.
// CHECK-LABEL: func @other_pads
// CHECK: tosa.pad
// CHECK: lw.pointwise_conv_2d
// CHECK: tosa.pad
// CHECK: lw.pointwise_conv_2d
func.func @other_pads(%x: tensor<1x4x4x8xf32>, %p: tensor<1x1x8x8xf32>, %q: tensor<1x1x10x8xf32>) -> (tensor<1x5x4x8xf32>, tensor<1x4x4x8xf32>) {
  %zero = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %half = "tosa.const"() {values = dense<0.5> : tensor<1xf32>} : () -> tensor<1xf32>
  %by = tosa.const_shape {values = dense<[0, 0, 0, 1, 0, 0, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %channels = tosa.const_shape {values = dense<[0, 0, 0, 0, 0, 0, 1, 1]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %0 = tosa.pad %x, %by, %half : (tensor<1x4x4x8xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x5x4x8xf32>
  %1 = lw.pointwise_conv_2d %0, %p : (tensor<1x5x4x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x5x4x8xf32>
  %2 = tosa.pad %x, %channels, %zero : (tensor<1x4x4x8xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x4x4x10xf32>
  %3 = lw.pointwise_conv_2d %2, %q : (tensor<1x4x4x10xf32>, tensor<1x1x10x8xf32>) -> tensor<1x4x4x8xf32>
  return %1, %3 : tensor<1x5x4x8xf32>, tensor<1x4x4x8xf32>
}

// -----

!nchw = tensor<1x3x4x5xf32>
!nhwc = tensor<1x4x5x3xf32>

// Between two operations that want NHWC nothing remains; constants are turned.
// CHECK-LABEL: func @between_convolutions
// CHECK-DAG: %[[W:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00, 3.000000e+00{{\]\]\]\]}}> : tensor<1x1x1x3xf32>}>
// CHECK-NOT: tosa.transpose
// CHECK: %[[A:.*]] = lw.depthwise_conv_2d
// CHECK-NEXT: %[[B:.*]] = tosa.mul %[[A]], %[[W]]
// CHECK-NEXT: %[[C:.*]] = tosa.tanh %[[B]]
// CHECK-NEXT: %[[D:.*]] = tosa.add %[[C]], %[[A]]
// CHECK-NEXT: lw.depthwise_conv_2d %[[D]]
// CHECK-NEXT: return
func.func @between_convolutions(%x: !nhwc, %w: tensor<3x3x3x1xf32>) -> !nhwc {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %c = "tosa.const"() {values = dense<[[[[1.0]], [[2.0]], [[3.0]]]]> : tensor<1x3x1x1xf32>} : () -> tensor<1x3x1x1xf32>
  %0 = lw.depthwise_conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (!nhwc, tensor<3x3x3x1xf32>) -> !nhwc
  %1 = tosa.transpose %0 {perms = array<i32: 0, 3, 1, 2>} : (!nhwc) -> !nchw
  %2 = tosa.mul %1, %c, %shift : (!nchw, tensor<1x3x1x1xf32>, tensor<1xi8>) -> !nchw
  %3 = tosa.tanh %2 : (!nchw) -> !nchw
  %4 = tosa.add %3, %1 : (!nchw, !nchw) -> !nchw
  %5 = tosa.transpose %4 {perms = array<i32: 0, 2, 3, 1>} : (!nchw) -> !nhwc
  %6 = lw.depthwise_conv_2d %5, %w {padding = array<i64: 1, 1, 1, 1>} : (!nhwc, tensor<3x3x3x1xf32>) -> !nhwc
  return %6 : !nhwc
}

// Axes, paddings, starts and sizes are turned too: [n, c, h, w] from NHWC.
// CHECK-LABEL: func @axes
func.func @axes(%x: !nhwc) -> tensor<1x1x7x4xf32> {
  // CHECK-DAG: %[[PAD:.*]] = tosa.const_shape {{.*}}dense<[0, 0, 1, 2, 0, 0, 0, 0]>
  // CHECK-DAG: %[[START:.*]] = tosa.const_shape {{.*}}dense<[0, 0, 1, 0]>
  // CHECK-DAG: %[[SIZE:.*]] = tosa.const_shape {{.*}}dense<[1, 7, 4, 6]>
  %zero = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %by = tosa.const_shape {values = dense<[0, 0, 0, 0, 1, 2, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %start = tosa.const_shape {values = dense<[0, 0, 0, 1]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %size = tosa.const_shape {values = dense<[1, 6, 7, 4]> : tensor<4xindex>} : () -> !tosa.shape<4>
  // CHECK: tosa.concat %arg0, %arg0 {axis = 3 : i32}
  // CHECK-NEXT: tosa.pad %{{.*}}, %[[PAD]], {{.*}} -> tensor<1x7x5x6xf32>
  // CHECK-NEXT: tosa.slice %{{.*}}, %[[START]], %[[SIZE]] : {{.*}} -> tensor<1x7x4x6xf32>
  // CHECK-NEXT: tosa.reduce_max %{{.*}} {axis = 3 : i32} : (tensor<1x7x4x6xf32>) -> tensor<1x7x4x1xf32>
  // CHECK-NEXT: tosa.reshape
  // CHECK-NEXT: return
  %0 = tosa.transpose %x {perms = array<i32: 0, 3, 1, 2>} : (!nhwc) -> !nchw
  %1 = tosa.concat %0, %0 {axis = 1 : i32} : (!nchw, !nchw) -> tensor<1x6x4x5xf32>
  %2 = tosa.pad %1, %by, %zero : (tensor<1x6x4x5xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x6x7x5xf32>
  %3 = tosa.slice %2, %start, %size : (tensor<1x6x7x5xf32>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<1x6x7x4xf32>
  %4 = tosa.reduce_max %3 {axis = 1 : i32} : (tensor<1x6x7x4xf32>) -> tensor<1x1x7x4xf32>
  return %4 : tensor<1x1x7x4xf32>
}

// Different permutations do not meet.
// CHECK-LABEL: func @different
// CHECK: tosa.transpose
// CHECK: tosa.transpose
// CHECK: tosa.add
func.func @different(%x: tensor<4x4x4xf32>) -> tensor<4x4x4xf32> {
  %0 = tosa.transpose %x {perms = array<i32: 0, 2, 1>} : (tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
  %1 = tosa.transpose %x {perms = array<i32: 2, 1, 0>} : (tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
  %2 = tosa.add %0, %1 : (tensor<4x4x4xf32>, tensor<4x4x4xf32>) -> tensor<4x4x4xf32>
  return %2 : tensor<4x4x4xf32>
}

// result[i, j, k] = input[k, i, j] of 0 .. 5 in a 1x2x3 constant.
// CHECK-LABEL: func @constant
// CHECK: "tosa.const"() <{values = dense<{{\[\[\[}}0.000000e+00], [1.000000e+00], [2.000000e+00{{\]\]}}, {{\[\[}}3.000000e+00], [4.000000e+00], [5.000000e+00{{\]\]\]}}> : tensor<2x3x1xf32>}>
// CHECK: "tosa.const"() <{values = dense<{{\[\[\[}}0.000000e+00, 3.000000e+00{{\]\]}}, {{\[\[}}1.000000e+00, 4.000000e+00{{\]\]}}, {{\[\[}}2.000000e+00, 5.000000e+00{{\]\]\]}}> : tensor<3x1x2xf32>}>
func.func @constant() -> (tensor<2x3x1xf32>, tensor<3x1x2xf32>) {
  %c = "tosa.const"() {values = dense<[[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]]> : tensor<1x2x3xf32>} : () -> tensor<1x2x3xf32>
  %0 = tosa.transpose %c {perms = array<i32: 1, 2, 0>} : (tensor<1x2x3xf32>) -> tensor<2x3x1xf32>
  %1 = tosa.transpose %c {perms = array<i32: 2, 0, 1>} : (tensor<1x2x3xf32>) -> tensor<3x1x2xf32>
  return %0, %1 : tensor<2x3x1xf32>, tensor<3x1x2xf32>
}

// -----

// Fully connected layers with bias and activation between them: all reshapes go
// but the first and the last.
// CHECK-LABEL: func @fully_connected
// CHECK: %[[A:.*]] = lw.pointwise_conv_2d
// CHECK-NEXT: %[[B:.*]] = tosa.add %[[A]], %{{.*}} : (tensor<2x1x1x4xf32>, tensor<1x1x1x4xf32>) -> tensor<2x1x1x4xf32>
// CHECK-NEXT: %[[C:.*]] = tosa.clamp %[[B]]
// CHECK-NEXT: %[[D:.*]] = lw.pointwise_conv_2d %[[C]]
// CHECK-NEXT: tosa.reshape %[[D]]
// CHECK-NEXT: return
func.func @fully_connected(%x: tensor<2x1x1x3xf32>, %w: tensor<1x1x3x4xf32>, %v: tensor<1x1x4x5xf32>) -> tensor<2x5xf32> {
  %flat = tosa.const_shape {values = dense<[2, 4]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %image = tosa.const_shape {values = dense<[2, 1, 1, 4]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %out = tosa.const_shape {values = dense<[2, 5]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %bias = "tosa.const"() {values = dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>} : () -> tensor<1x4xf32>
  %0 = lw.pointwise_conv_2d %x, %w : (tensor<2x1x1x3xf32>, tensor<1x1x3x4xf32>) -> tensor<2x1x1x4xf32>
  %1 = tosa.reshape %0, %flat : (tensor<2x1x1x4xf32>, !tosa.shape<2>) -> tensor<2x4xf32>
  %2 = tosa.add %1, %bias : (tensor<2x4xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>
  %3 = tosa.clamp %2 {min_val = 0.0 : f32, max_val = 6.0 : f32} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %4 = tosa.reshape %3, %image : (tensor<2x4xf32>, !tosa.shape<4>) -> tensor<2x1x1x4xf32>
  %5 = lw.pointwise_conv_2d %4, %v : (tensor<2x1x1x4xf32>, tensor<1x1x4x5xf32>) -> tensor<2x1x1x5xf32>
  %6 = tosa.reshape %5, %out : (tensor<2x1x1x5xf32>, !tosa.shape<2>) -> tensor<2x5xf32>
  return %6 : tensor<2x5xf32>
}

// A batch norm between them, too, so that the layer before it can take it up, but
// not where the reshape makes other channels.

// CHECK-LABEL: func @rows_of_batch_norm
// CHECK: %[[N:.*]] = lw.batch_norm %arg0, {{.*}} : tensor<2x1x1x4xf32>, tensor<4xf32>
// CHECK: tosa.reshape %[[N]]
func.func @rows_of_batch_norm(%x: tensor<2x1x1x4xf32>, %p: tensor<4xf32>) -> tensor<2x4xf32> {
  %flat = tosa.const_shape {values = dense<[2, 4]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %0 = tosa.reshape %x, %flat : (tensor<2x1x1x4xf32>, !tosa.shape<2>) -> tensor<2x4xf32>
  %1 = lw.batch_norm %0, %p, %p, %p, %p {epsilon = 0.0 : f32} : tensor<2x4xf32>, tensor<4xf32>
  return %1 : tensor<2x4xf32>
}

// CHECK-LABEL: func @other_channels_of_batch_norm
// CHECK: %[[R:.*]] = tosa.reshape %arg0
// CHECK: lw.batch_norm %[[R]]
func.func @other_channels_of_batch_norm(%x: tensor<2x1x2x2xf32>, %p: tensor<4xf32>) -> tensor<2x4xf32> {
  %flat = tosa.const_shape {values = dense<[2, 4]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %0 = tosa.reshape %x, %flat : (tensor<2x1x2x2xf32>, !tosa.shape<2>) -> tensor<2x4xf32>
  %1 = lw.batch_norm %0, %p, %p, %p, %p {epsilon = 0.0 : f32} : tensor<2x4xf32>, tensor<4xf32>
  return %1 : tensor<2x4xf32>
}

// A constant that varies along rows cannot pass a reshape that joins rows.
// CHECK-LABEL: func @rows
// CHECK: tosa.reshape
// CHECK-NEXT: tosa.add
func.func @rows(%x: tensor<2x2x2xf32>) -> tensor<4x2xf32> {
  %flat = tosa.const_shape {values = dense<[4, 2]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %c = "tosa.const"() {values = dense<[[1.0], [2.0], [3.0], [4.0]]> : tensor<4x1xf32>} : () -> tensor<4x1xf32>
  %0 = tosa.reshape %x, %flat : (tensor<2x2x2xf32>, !tosa.shape<2>) -> tensor<4x2xf32>
  %1 = tosa.add %0, %c : (tensor<4x2xf32>, tensor<4x1xf32>) -> tensor<4x2xf32>
  return %1 : tensor<4x2xf32>
}

// -----

// A transpose and its inverse beside the value itself.
// CHECK-LABEL: func @back_to_itself
// CHECK-NEXT: tosa.add %arg0, %arg0
// CHECK-NEXT: return
func.func @back_to_itself(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %0 = tosa.transpose %x {perms = array<i32: 2, 0, 1>} : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  %1 = tosa.transpose %0 {perms = array<i32: 1, 2, 0>} : (tensor<4x2x3xf32>) -> tensor<2x3x4xf32>
  %2 = tosa.add %1, %x : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %2 : tensor<2x3x4xf32>
}

// Transposes that move no element, on one side only, and a gate that is one.
// CHECK-LABEL: func @free
// CHECK: tosa.reshape
// CHECK: tosa.mul
// CHECK: tosa.transpose
func.func @free(%x: tensor<1x1x4xf32>, %y: tensor<4x1x1xf32>, %z: tensor<1x5x4xf32>) -> (tensor<4x1x1xf32>, tensor<1x4x5xf32>) {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %0 = tosa.transpose %x {perms = array<i32: 2, 0, 1>} : (tensor<1x1x4xf32>) -> tensor<4x1x1xf32>
  %1 = tosa.add %0, %y : (tensor<4x1x1xf32>, tensor<4x1x1xf32>) -> tensor<4x1x1xf32>
  %gate = tosa.transpose %x {perms = array<i32: 0, 2, 1>} : (tensor<1x1x4xf32>) -> tensor<1x4x1xf32>
  %2 = tosa.transpose %z {perms = array<i32: 0, 2, 1>} : (tensor<1x5x4xf32>) -> tensor<1x4x5xf32>
  %3 = tosa.mul %2, %gate, %shift : (tensor<1x4x5xf32>, tensor<1x4x1xf32>, tensor<1xi8>) -> tensor<1x4x5xf32>
  return %1, %3 : tensor<4x1x1xf32>, tensor<1x4x5xf32>
}

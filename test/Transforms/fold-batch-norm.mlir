// RUN: lw-opt %s --lw-fold-batch-norm --split-input-file | FileCheck %s

!x = tensor<1x4x4x2xf32>
!c = tensor<2xf32>

// scale / sqrt(variance + epsilon) is 3 / 2 and 8 / 4, offset - mean * s is
// 1 - 4 * 1.5 and 2 - 1 * 2; with the bias, 10 * 1.5 - 5 and 20 * 2 + 0.
// CHECK-LABEL: func @conv
func.func @conv(%x: !x) -> !x {
  %scale = "tosa.const"() {values = dense<[3.0, 8.0]> : !c} : () -> !c
  %offset = "tosa.const"() {values = dense<[1.0, 2.0]> : !c} : () -> !c
  %mean = "tosa.const"() {values = dense<[4.0, 1.0]> : !c} : () -> !c
  %variance = "tosa.const"() {values = dense<[3.0, 15.0]> : !c} : () -> !c
  %w = "tosa.const"() {values = dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>} : () -> tensor<1x1x2x2xf32>
  %b = "tosa.const"() {values = dense<[10.0, 20.0]> : !c} : () -> !c
  // CHECK-DAG: %[[W:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1.500000e+00, 4.000000e+00], [4.500000e+00, 8.000000e+00{{\]\]\]\]}}>
  // CHECK-DAG: %[[B:.*]] = "tosa.const"() <{values = dense<[1.000000e+01, 4.000000e+01]> : tensor<2xf32>}>
  // CHECK: %[[Y:.*]] = lw.pointwise_conv_2d %{{.*}}, %[[W]] bias %[[B]] :
  // CHECK-NEXT: return %[[Y]]
  %0 = lw.pointwise_conv_2d %x, %w bias %b : (!x, tensor<1x1x2x2xf32>, !c) -> !x
  %1 = lw.batch_norm %0, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32} : !x, !c
  return %1 : !x
}

// Every variant, without bias: the last filter is scaled by output channel.
// The output channel of a depthwise filter is c * M + m.
// CHECK-LABEL: func @variants
func.func @variants(%x: !x) -> (!x, tensor<1x4x4x4xf32>, !x) {
  %one = "tosa.const"() {values = dense<1.0> : !c} : () -> !c
  %zero = "tosa.const"() {values = dense<0.0> : !c} : () -> !c
  %s = "tosa.const"() {values = dense<[10.0, 100.0]> : !c} : () -> !c
  %one4 = "tosa.const"() {values = dense<1.0> : tensor<4xf32>} : () -> tensor<4xf32>
  %zero4 = "tosa.const"() {values = dense<0.0> : tensor<4xf32>} : () -> tensor<4xf32>
  %s4 = "tosa.const"() {values = dense<[10.0, 100.0, 1000.0, 10000.0]> : tensor<4xf32>} : () -> tensor<4xf32>
  %g = "tosa.const"() {values = dense<[[[[1.0, 2.0]]]]> : tensor<1x1x1x2xf32>} : () -> tensor<1x1x1x2xf32>
  %dw = "tosa.const"() {values = dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>} : () -> tensor<1x1x2x2xf32>
  %pw = "tosa.const"() {values = dense<[[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]]]> : tensor<1x1x4x2xf32>} : () -> tensor<1x1x4x2xf32>
  // CHECK-DAG: %[[G:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1.000000e+01, 2.000000e+02{{\]\]\]\]}}>
  // CHECK-DAG: %[[DW0:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1.000000e+01, 2.000000e+02], [3.000000e+03, 4.000000e+04{{\]\]\]\]}}>
  // CHECK-DAG: %[[DW1:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00{{\]\]\]\]}}>
  // CHECK-DAG: %[[PW:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1.000000e+01, 2.000000e+02], [3.000000e+01, 4.000000e+02], [5.000000e+01, 6.000000e+02], [7.000000e+01, 8.000000e+02{{\]\]\]\]}}>
  // CHECK: lw.conv_2d %{{.*}}, %[[G]] {groups = 2 : i64} :
  %0 = lw.conv_2d %x, %g {groups = 2 : i64} : (!x, tensor<1x1x1x2xf32>) -> !x
  %1 = lw.batch_norm %0, %s, %zero, %zero, %one {epsilon = 0.0 : f32} : !x, !c
  // CHECK-NEXT: lw.depthwise_conv_2d %{{.*}}, %[[DW0]] :
  %2 = lw.depthwise_conv_2d %x, %dw : (!x, tensor<1x1x2x2xf32>) -> tensor<1x4x4x4xf32>
  %3 = lw.batch_norm %2, %s4, %zero4, %zero4, %one4 {epsilon = 0.0 : f32} : tensor<1x4x4x4xf32>, tensor<4xf32>
  // CHECK-NEXT: lw.separable_conv_2d %{{.*}}, %[[DW1]], %[[PW]] :
  %4 = lw.separable_conv_2d %x, %dw, %pw : (!x, tensor<1x1x2x2xf32>, tensor<1x1x4x2xf32>) -> !x
  %5 = lw.batch_norm %4, %s, %zero, %zero, %one {epsilon = 0.0 : f32} : !x, !c
  return %1, %3, %5 : !x, tensor<1x4x4x4xf32>, !x
}

// -----

!x = tensor<1x4x4x2xf32>
!c = tensor<2xf32>
!w = tensor<1x1x2x2xf32>

// With another user of the convolution, an activation or a residual between,
// or no convolution, it becomes a multiplication and an addition.
// CHECK-LABEL: func @scale_and_shift
func.func @scale_and_shift(%x: !x, %r: !x) -> (!x, !x, !x, !x) {
  %scale = "tosa.const"() {values = dense<[3.0, 8.0]> : !c} : () -> !c
  %offset = "tosa.const"() {values = dense<[1.0, 2.0]> : !c} : () -> !c
  %mean = "tosa.const"() {values = dense<[4.0, 1.0]> : !c} : () -> !c
  %variance = "tosa.const"() {values = dense<[3.0, 15.0]> : !c} : () -> !c
  %w = "tosa.const"() {values = dense<1.0> : !w} : () -> !w
  // CHECK-DAG: %[[S:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1.500000e+00, 2.000000e+00{{\]\]\]\]}}> : tensor<1x1x1x2xf32>}>
  // CHECK-DAG: %[[T:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}-5.000000e+00, 0.000000e+00{{\]\]\]\]}}> : tensor<1x1x1x2xf32>}>
  // CHECK: %[[Y:.*]] = lw.pointwise_conv_2d
  // CHECK-NEXT: %[[M:.*]] = tosa.mul %[[Y]], %[[S]]
  // CHECK-NEXT: tosa.add %[[M]], %[[T]]
  %0 = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %1 = lw.batch_norm %0, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32} : !x, !c
  // CHECK-NEXT: lw.pointwise_conv_2d {{.*}} {activation
  // CHECK-NEXT: tosa.mul
  // CHECK-NEXT: tosa.add
  %2 = lw.pointwise_conv_2d %x, %w {activation = #lw.act<relu>} : (!x, !w) -> !x
  %3 = lw.batch_norm %2, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32} : !x, !c
  // CHECK-NEXT: lw.pointwise_conv_2d {{.*}} residual
  // CHECK-NEXT: tosa.mul
  // CHECK-NEXT: tosa.add
  %4 = lw.pointwise_conv_2d %x, %w residual %r : (!x, !w, !x) -> !x
  %5 = lw.batch_norm %4, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32} : !x, !c
  return %0, %1, %3, %5 : !x, !x, !x, !x
}

// Parameters or weights that are no constants stay.
// CHECK-LABEL: func @not_constant
func.func @not_constant(%x: !x, %p: !c, %w: !w) -> (!x, !x) {
  %one = "tosa.const"() {values = dense<1.0> : !c} : () -> !c
  %two = "tosa.const"() {values = dense<2.0> : !c} : () -> !c
  %zero = "tosa.const"() {values = dense<0.0> : !c} : () -> !c
  // CHECK: lw.batch_norm
  %0 = lw.batch_norm %x, %p, %p, %p, %p {epsilon = 1.0 : f32} : !x, !c
  // CHECK-NEXT: lw.pointwise_conv_2d
  // CHECK-NEXT: tosa.mul
  // CHECK-NEXT: return
  %1 = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %2 = lw.batch_norm %1, %two, %zero, %zero, %one {epsilon = 0.0 : f32} : !x, !c
  return %0, %2 : !x, !x
}

// -----

!x = tensor<1x4x4x2xf32>
!c = tensor<1x1x1x2xf32>
!w = tensor<1x1x2x2xf32>

// (x * 10 + 1, x * 100 + 2) into the convolution after it: the filter by input
// channel, the bias by the sums 1 * 1 + 3 * 2 and 2 * 1 + 4 * 2.
// CHECK-LABEL: func @into_next
func.func @into_next(%x: !x) -> !x {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %s = "tosa.const"() {values = dense<[[[[10.0, 100.0]]]]> : !c} : () -> !c
  %t = "tosa.const"() {values = dense<[[[[1.0, 2.0]]]]> : !c} : () -> !c
  %w = "tosa.const"() {values = dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : !w} : () -> !w
  // CHECK-DAG: %[[W:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1.000000e+01, 2.000000e+01], [3.000000e+02, 4.000000e+02{{\]\]\]\]}}>
  // CHECK-DAG: %[[B:.*]] = "tosa.const"() <{values = dense<[7.000000e+00, 1.000000e+01]> : tensor<2xf32>}>
  // CHECK: lw.pointwise_conv_2d %{{.*}}, %[[W]] bias %[[B]] {activation = #lw.act<relu>}
  // CHECK-NEXT: return
  %0 = tosa.mul %x, %s, %shift : (!x, !c, tensor<1xi8>) -> !x
  %1 = tosa.add %0, %t : (!x, !c) -> !x
  %2 = lw.pointwise_conv_2d %1, %w {activation = #lw.act<relu>} : (!x, !w) -> !x
  return %2 : !x
}

// A padded convolution reads zeros, not shifted zeros: the shift stays, and the
// scale before it. A scale alone moves.
// CHECK-LABEL: func @padded
func.func @padded(%x: !x) -> (tensor<1x6x6x2xf32>, tensor<1x6x6x2xf32>) {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %s = "tosa.const"() {values = dense<[[[[10.0, 100.0]]]]> : !c} : () -> !c
  %t = "tosa.const"() {values = dense<[[[[1.0, 2.0]]]]> : !c} : () -> !c
  %w = "tosa.const"() {values = dense<[[[[1.0], [1.0]]]]> : tensor<1x1x2x1xf32>} : () -> tensor<1x1x2x1xf32>
  // CHECK-DAG: %[[W:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1.000000e+01], [1.000000e+02{{\]\]\]\]}}> : tensor<1x1x2x1xf32>}>
  // CHECK: tosa.mul
  // CHECK-NEXT: tosa.add
  // CHECK-NEXT: lw.depthwise_conv_2d
  // CHECK-NEXT: lw.depthwise_conv_2d %{{.*}}, %[[W]] {padding
  // CHECK-NEXT: return
  %0 = tosa.mul %x, %s, %shift : (!x, !c, tensor<1xi8>) -> !x
  %1 = tosa.add %0, %t : (!x, !c) -> !x
  %2 = lw.depthwise_conv_2d %1, %w {padding = array<i64: 1, 1, 1, 1>} : (!x, tensor<1x1x2x1xf32>) -> tensor<1x6x6x2xf32>
  %3 = tosa.mul %x, %s, %shift : (!x, !c, tensor<1xi8>) -> !x
  %4 = lw.depthwise_conv_2d %3, %w {padding = array<i64: 1, 1, 1, 1>} : (!x, tensor<1x1x2x1xf32>) -> tensor<1x6x6x2xf32>
  return %2, %4 : tensor<1x6x6x2xf32>, tensor<1x6x6x2xf32>
}

// Between two convolutions the one before takes the scale: (2 - y) * 3.
// CHECK-LABEL: func @between
func.func @between(%x: !x) -> !x {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %two = "tosa.const"() {values = dense<2.0> : !c} : () -> !c
  %three = "tosa.const"() {values = dense<3.0> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
  %w = "tosa.const"() {values = dense<1.0> : !w} : () -> !w
  // CHECK-DAG: %[[W1:.*]] = "tosa.const"() <{values = dense<1.000000e+00> : tensor<1x1x2x2xf32>}>
  // CHECK-DAG: %[[W0:.*]] = "tosa.const"() <{values = dense<-3.000000e+00> : tensor<1x1x2x2xf32>}>
  // CHECK-DAG: %[[B0:.*]] = "tosa.const"() <{values = dense<6.000000e+00> : tensor<2xf32>}>
  // CHECK: lw.pointwise_conv_2d %{{.*}}, %[[W0]] bias %[[B0]]
  // CHECK-NEXT: lw.pointwise_conv_2d %{{.*}}, %[[W1]] :
  // CHECK-NEXT: return
  %0 = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %1 = tosa.sub %two, %0 : (!c, !x) -> !x
  %2 = tosa.mul %1, %three, %shift : (!x, tensor<1x1x1x1xf32>, tensor<1xi8>) -> !x
  %3 = lw.pointwise_conv_2d %2, %w : (!x, !w) -> !x
  return %3 : !x
}

// -----

!x = tensor<1x4x4x2xf32>
!w = tensor<1x1x2x2xf32>
!c = tensor<1x1x1x1xf32>

// No weight leaves the normal range of its type: neither to infinity nor to
// zero, neither before nor after the scale.
// CHECK-LABEL: func @range
func.func @range(%x: !x) -> (!x, !x, !x, !x) {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %large = "tosa.const"() {values = dense<1.0e10> : !c} : () -> !c
  %small = "tosa.const"() {values = dense<1.0e-20> : !c} : () -> !c
  %w0 = "tosa.const"() {values = dense<1.0e29> : !w} : () -> !w
  %w1 = "tosa.const"() {values = dense<1.0e-26> : !w} : () -> !w
  // CHECK-COUNT-4: tosa.mul
  %0 = lw.pointwise_conv_2d %x, %w0 : (!x, !w) -> !x
  %1 = tosa.mul %0, %large, %shift : (!x, !c, tensor<1xi8>) -> !x
  %2 = lw.pointwise_conv_2d %x, %w1 : (!x, !w) -> !x
  %3 = tosa.mul %2, %small, %shift : (!x, !c, tensor<1xi8>) -> !x
  %4 = tosa.mul %x, %large, %shift : (!x, !c, tensor<1xi8>) -> !x
  %5 = lw.pointwise_conv_2d %4, %w0 : (!x, !w) -> !x
  %6 = tosa.mul %x, %small, %shift : (!x, !c, tensor<1xi8>) -> !x
  %7 = lw.pointwise_conv_2d %6, %w1 : (!x, !w) -> !x
  return %1, %3, %5, %7 : !x, !x, !x, !x
}

// The weights of a channel that training let die do not prevent folding beside
// a bias, nor does a single weight beside a normal one.
// CHECK-LABEL: func @dead
func.func @dead(%x: !x) -> !x {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %s = "tosa.const"() {values = dense<0.3> : !c} : () -> !c
  %w = "tosa.const"() {values = dense<[[[[1.0e-40, 1.0], [1.0e-40, 1.0e-40]]]]> : !w} : () -> !w
  %b = "tosa.const"() {values = dense<[1.0, 0.0]> : tensor<2xf32>} : () -> tensor<2xf32>
  // CHECK-NOT: tosa.mul
  // CHECK: return
  %0 = lw.pointwise_conv_2d %x, %w bias %b : (!x, !w, tensor<2xf32>) -> !x
  %1 = tosa.mul %0, %s, %shift : (!x, !c, tensor<1xi8>) -> !x
  return %1 : !x
}

// A factor that f32 does not hold: the batch norm stays.
// CHECK-LABEL: func @factor
func.func @factor(%x: !x) -> !x {
  %g = "tosa.const"() {values = dense<1.0e22> : tensor<2xf32>} : () -> tensor<2xf32>
  %z = "tosa.const"() {values = dense<0.0> : tensor<2xf32>} : () -> tensor<2xf32>
  %v = "tosa.const"() {values = dense<1.0e-36> : tensor<2xf32>} : () -> tensor<2xf32>
  // CHECK: lw.batch_norm
  %0 = lw.batch_norm %x, %g, %z, %z, %v {epsilon = 0.0 : f32} : !x, tensor<2xf32>
  return %0 : !x
}

// The sixth of a hard swish stays: the layer before takes up the whole function.
// CHECK-LABEL: func @hard_swish
func.func @hard_swish(%x: !x) -> !x {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %three = "tosa.const"() {values = dense<3.0> : !c} : () -> !c
  %sixth = "tosa.const"() {values = dense<0.166666672> : !c} : () -> !c
  %w = "tosa.const"() {values = dense<0.5> : !w} : () -> !w
  // CHECK: %[[P:.*]] = tosa.mul %{{.*}}, %{{.*}}, %{{.*}} : (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>,
  // CHECK: %[[S:.*]] = tosa.mul %[[P]],
  // CHECK: lw.pointwise_conv_2d %[[S]],
  %0 = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %1 = tosa.add %0, %three : (!x, !c) -> !x
  %2 = tosa.clamp %1 {min_val = 0.0 : f32, max_val = 6.0 : f32} : (!x) -> !x
  %3 = tosa.mul %0, %2, %shift : (!x, !x, tensor<1xi8>) -> !x
  %4 = tosa.mul %3, %sixth, %shift : (!x, !c, tensor<1xi8>) -> !x
  %5 = lw.pointwise_conv_2d %4, %w : (!x, !w) -> !x
  return %5 : !x
}

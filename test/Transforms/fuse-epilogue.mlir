// RUN: lw-opt %s --lw-fuse-epilogue --split-input-file | FileCheck %s

!x = tensor<1x4x4x8xf32>

// The whole epilogue in its order: bias, residual, activation.
// CHECK-LABEL: func @everything
// CHECK-SAME: %[[X:.*]]: tensor<1x4x4x8xf32>, %[[W:.*]]: tensor<3x3x8x8xf32>, %[[R:.*]]: tensor<1x4x4x8xf32>
func.func @everything(%x: !x, %w: tensor<3x3x8x8xf32>, %r: !x) -> !x {
  // CHECK: %[[B:.*]] = "tosa.const"() <{values = dense<5.000000e-01> : tensor<8xf32>}>
  %c = "tosa.const"() {values = dense<0.5> : tensor<1x1x1x8xf32>} : () -> tensor<1x1x1x8xf32>
  // CHECK: %[[Y:.*]] = lw.conv_2d %[[X]], %[[W]] bias %[[B]] residual %[[R]] {activation = #lw.act<relu>
  %0 = lw.conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (!x, tensor<3x3x8x8xf32>) -> !x
  %1 = tosa.add %0, %c : (!x, tensor<1x1x1x8xf32>) -> !x
  %2 = tosa.add %r, %1 : (!x, !x) -> !x
  %3 = tosa.clamp %2 {min_val = 0.0 : f32, max_val = 3.40282347E+38 : f32} : (!x) -> !x
  // CHECK-NEXT: return %[[Y]]
  return %3 : !x
}

// A constant bias is added to, a constant on the left of an addition too; the
// left side of a subtraction cannot join.
// CHECK-LABEL: func @biases
func.func @biases(%x: !x, %w: tensor<3x3x8x1xf32>) -> (!x, !x, !x) {
  %b = "tosa.const"() {values = dense<1.0> : tensor<8xf32>} : () -> tensor<8xf32>
  %c = "tosa.const"() {values = dense<0.5> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
  // CHECK-DAG: %[[MINUS:.*]] = "tosa.const"() <{values = dense<5.000000e-01> : tensor<8xf32>}>
  // CHECK-DAG: %[[PLUS:.*]] = "tosa.const"() <{values = dense<1.500000e+00> : tensor<8xf32>}>
  // CHECK: lw.depthwise_conv_2d %{{.*}}, %{{.*}} bias %[[MINUS]]
  %0 = lw.depthwise_conv_2d %x, %w bias %b {padding = array<i64: 1, 1, 1, 1>} : (!x, tensor<3x3x8x1xf32>, tensor<8xf32>) -> !x
  %1 = tosa.sub %0, %c : (!x, tensor<1x1x1x1xf32>) -> !x
  // CHECK-NEXT: lw.depthwise_conv_2d %{{.*}}, %{{.*}} bias %[[PLUS]]
  %2 = lw.depthwise_conv_2d %x, %w bias %b {padding = array<i64: 1, 1, 1, 1>} : (!x, tensor<3x3x8x1xf32>, tensor<8xf32>) -> !x
  %3 = tosa.add %c, %2 : (tensor<1x1x1x1xf32>, !x) -> !x
  // CHECK-NEXT: lw.depthwise_conv_2d
  // CHECK-NEXT: tosa.sub
  %4 = lw.depthwise_conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (!x, tensor<3x3x8x1xf32>) -> !x
  %5 = tosa.sub %c, %4 : (tensor<1x1x1x1xf32>, !x) -> !x
  return %1, %3, %5 : !x, !x, !x
}

// Of two convolutions the later takes the earlier, and moves to the addition.
// CHECK-LABEL: func @later_takes_earlier
func.func @later_takes_earlier(%x: !x, %w: tensor<1x1x8x8xf32>) -> (!x, !x) {
  // CHECK: %[[A:.*]] = lw.pointwise_conv_2d %{{.*}}, %{{.*}} :
  %a = lw.pointwise_conv_2d %x, %w : (!x, tensor<1x1x8x8xf32>) -> !x
  %b = lw.pointwise_conv_2d %x, %w {strides = array<i64: 1, 1>} : (!x, tensor<1x1x8x8xf32>) -> !x
  // CHECK-NEXT: tosa.exp
  // CHECK-NEXT: lw.pointwise_conv_2d %{{.*}}, %{{.*}} residual %[[A]]
  %e = tosa.exp %x : (!x) -> !x
  %s = tosa.add %b, %a : (!x, !x) -> !x
  return %s, %e : !x, !x
}

// The residual may stand between the convolution and the addition.
// CHECK-LABEL: func @residual_after_conv
func.func @residual_after_conv(%x: !x, %w: tensor<1x1x8x8xf32>) -> !x {
  %a = lw.pointwise_conv_2d %x, %w : (!x, tensor<1x1x8x8xf32>) -> !x
  // CHECK: %[[E:.*]] = tosa.exp
  // CHECK-NEXT: lw.pointwise_conv_2d %{{.*}} residual %[[E]]
  %e = tosa.exp %x : (!x) -> !x
  %s = tosa.add %a, %e : (!x, !x) -> !x
  return %s : !x
}

// Nothing is added after an activation, nor a second residual, nor what
// broadcasts, nor to a convolution that something else uses.
// CHECK-LABEL: func @left_alone
func.func @left_alone(%x: !x, %w: tensor<1x1x8x8xf32>, %r: !x, %v: tensor<1x1x1x8xf32>) -> (!x, !x, !x, !x, !x) {
  // CHECK: lw.pointwise_conv_2d {{.*}} {activation = #lw.act<relu>}
  // CHECK-NEXT: tosa.add
  %0 = lw.pointwise_conv_2d %x, %w {activation = #lw.act<relu>} : (!x, tensor<1x1x8x8xf32>) -> !x
  %1 = tosa.add %0, %r : (!x, !x) -> !x
  // CHECK-NEXT: lw.pointwise_conv_2d {{.*}} residual
  // CHECK-NEXT: tosa.add
  %2 = lw.pointwise_conv_2d %x, %w residual %r : (!x, tensor<1x1x8x8xf32>, !x) -> !x
  %3 = tosa.add %2, %x : (!x, !x) -> !x
  // CHECK-NEXT: lw.pointwise_conv_2d
  // CHECK-NEXT: tosa.add
  %4 = lw.pointwise_conv_2d %x, %w : (!x, tensor<1x1x8x8xf32>) -> !x
  %5 = tosa.add %4, %v : (!x, tensor<1x1x1x8xf32>) -> !x
  // CHECK-NEXT: lw.pointwise_conv_2d
  // CHECK-NEXT: tosa.clamp
  %6 = lw.pointwise_conv_2d %x, %w : (!x, tensor<1x1x8x8xf32>) -> !x
  %7 = tosa.clamp %6 {min_val = 0.0 : f32, max_val = 6.0 : f32} : (!x) -> !x
  return %1, %3, %5, %6, %7 : !x, !x, !x, !x, !x
}

// A convolution added to itself has two uses.
// CHECK-LABEL: func @doubled
func.func @doubled(%x: !x, %w: tensor<1x1x8x8xf32>) -> !x {
  %0 = lw.pointwise_conv_2d %x, %w : (!x, tensor<1x1x8x8xf32>) -> !x
  // CHECK: tosa.add
  %1 = tosa.add %0, %0 : (!x, !x) -> !x
  return %1 : !x
}

// -----

!x = tensor<1x4x4x8xf32>
!w = tensor<1x1x8x8xf32>
!one = tensor<1x1x1x1xf32>

// CHECK-LABEL: func @activations
func.func @activations(%x: !x, %w: !w) -> (!x, !x, !x, !x, !x, !x, !x, !x, !x) {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %tenth = "tosa.const"() {values = dense<0.1> : !one} : () -> !one
  %fifth = "tosa.const"() {values = dense<0.2> : !one} : () -> !one
  %sixth = "tosa.const"() {values = dense<0.166666672> : !one} : () -> !one
  %half = "tosa.const"() {values = dense<0.5> : !one} : () -> !one
  %zero = "tosa.const"() {values = dense<0.0> : !one} : () -> !one
  %slope = "tosa.const"() {values = dense<-2.0> : tensor<1x1x1x8xf32>} : () -> tensor<1x1x1x8xf32>

  // CHECK: activation = #lw.act<clamp, 0.000000e+00, 6.000000e+00>
  %a = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %a1 = tosa.clamp %a {min_val = 0.0 : f32, max_val = 6.0 : f32} : (!x) -> !x
  // CHECK-NEXT: activation = #lw.act<leaky_relu, 1.000000e-01>
  %b = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %b1 = tosa.mul %b, %tenth, %shift : (!x, !one, tensor<1xi8>) -> !x
  %b2 = tosa.maximum %b, %b1 : (!x, !x) -> !x
  // CHECK-NEXT: activation = #lw.act<leaky_relu, -2.000000e+00>
  %c = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %c1 = tosa.maximum %c, %zero : (!x, !one) -> !x
  %c2 = tosa.minimum %c, %zero : (!x, !one) -> !x
  %c3 = tosa.mul %slope, %c2, %shift : (tensor<1x1x1x8xf32>, !x, tensor<1xi8>) -> !x
  %c4 = tosa.add %c1, %c3 : (!x, !x) -> !x
  // CHECK-NEXT: activation = #lw.act<sigmoid>
  %d = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %d1 = tosa.sigmoid %d : (!x) -> !x
  // CHECK-NEXT: activation = #lw.act<tanh>
  %e = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %e1 = tosa.tanh %e : (!x) -> !x
  // CHECK-NEXT: activation = #lw.act<hard_sigmoid, 2.000000e-01, 5.000000e-01>
  %f = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %f1 = tosa.mul %f, %fifth, %shift : (!x, !one, tensor<1xi8>) -> !x
  %f2 = tosa.add %f1, %half : (!x, !one) -> !x
  %f3 = tosa.clamp %f2 {min_val = 0.0 : f32, max_val = 1.0 : f32} : (!x) -> !x
  // CHECK-NEXT: activation = #lw.act<hard_swish>
  %g = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %g1 = tosa.mul %g, %sixth, %shift : (!x, !one, tensor<1xi8>) -> !x
  %g2 = tosa.add %g1, %half : (!x, !one) -> !x
  %g3 = tosa.clamp %g2 {min_val = 0.0 : f32, max_val = 1.0 : f32} : (!x) -> !x
  %g4 = tosa.mul %g, %g3, %shift : (!x, !x, tensor<1xi8>) -> !x
  // CHECK-NEXT: activation = #lw.act<silu>
  %h = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %h1 = tosa.sigmoid %h : (!x) -> !x
  %h2 = tosa.mul %h1, %h, %shift : (!x, !x, tensor<1xi8>) -> !x
  // A clamp without a lower bound keeps its upper one.
  // CHECK-NEXT: activation = #lw.act<clamp, 0xFF800000, 6.000000e+00>
  %i = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %i1 = tosa.clamp %i {min_val = 0xFF800000 : f32, max_val = 6.0 : f32} : (!x) -> !x
  return %a1, %b2, %c4, %d1, %e1, %f3, %g4, %h2, %i1 : !x, !x, !x, !x, !x, !x, !x, !x, !x
}

// The forms with a difference that counts.
// CHECK-LABEL: func @no_activation
// CHECK-NOT: activation
func.func @no_activation(%x: !x, %w: !w) -> (!x, !x, !x, !x) {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %two = "tosa.const"() {values = dense<2.0> : !one} : () -> !one
  %slopes = "tosa.const"() {values = dense<[[[[1., 2., 3., 4., 5., 6., 7., 8.]]]]> : tensor<1x1x1x8xf32>} : () -> tensor<1x1x1x8xf32>
  %zero = "tosa.const"() {values = dense<0.0> : !one} : () -> !one
  // maximum(x, 2 * x) is no leaky relu.
  %a = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %a1 = tosa.mul %a, %two, %shift : (!x, !one, tensor<1xi8>) -> !x
  %a2 = tosa.maximum %a, %a1 : (!x, !x) -> !x
  // One slope per channel.
  %b = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %b1 = tosa.maximum %b, %zero : (!x, !one) -> !x
  %b2 = tosa.minimum %b, %zero : (!x, !one) -> !x
  %b3 = tosa.mul %b2, %slopes, %shift : (!x, tensor<1x1x1x8xf32>, tensor<1xi8>) -> !x
  %b4 = tosa.add %b1, %b3 : (!x, !x) -> !x
  // The gate is used elsewhere.
  %c = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %c1 = tosa.sigmoid %c : (!x) -> !x
  %c2 = tosa.mul %c1, %c, %shift : (!x, !x, tensor<1xi8>) -> !x
  return %a2, %b4, %c1, %c2 : !x, !x, !x, !x
}

// -----

!x = tensor<1x4x4x8xf32>
!w = tensor<1x1x8x8xf32>
!one = tensor<1x1x1x1xf32>

// The other spellings of a hard swish, and one with a wrong bound.
// CHECK-LABEL: func @hard_swish
func.func @hard_swish(%x: !x, %w: !w) -> (!x, !x, !x) {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %sixth = "tosa.const"() {values = dense<0.166666672> : !one} : () -> !one
  %three = "tosa.const"() {values = dense<3.0> : !one} : () -> !one
  // CHECK: lw.pointwise_conv_2d {{.*}} {activation = #lw.act<hard_swish>}
  %a = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %a1 = tosa.add %a, %three : (!x, !one) -> !x
  %a2 = tosa.clamp %a1 {min_val = 0.0 : f32, max_val = 6.0 : f32} : (!x) -> !x
  %a3 = tosa.mul %a2, %sixth, %shift : (!x, !one, tensor<1xi8>) -> !x
  %a4 = tosa.mul %a, %a3, %shift : (!x, !x, tensor<1xi8>) -> !x
  // CHECK-NEXT: lw.pointwise_conv_2d {{.*}} {activation = #lw.act<hard_swish>}
  %b = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %b1 = tosa.add %b, %three : (!x, !one) -> !x
  %b2 = tosa.clamp %b1 {min_val = 0.0 : f32, max_val = 6.0 : f32} : (!x) -> !x
  %b3 = tosa.mul %b2, %b, %shift : (!x, !x, tensor<1xi8>) -> !x
  %b4 = tosa.mul %b3, %sixth, %shift : (!x, !one, tensor<1xi8>) -> !x
  // CHECK-NEXT: lw.pointwise_conv_2d %{{.*}}, %{{.*}} :
  // CHECK-NEXT: tosa.add
  // CHECK-NEXT: tosa.clamp
  // CHECK-NEXT: tosa.mul
  // CHECK-NEXT: tosa.mul
  %c = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %c1 = tosa.add %c, %three : (!x, !one) -> !x
  %c2 = tosa.clamp %c1 {min_val = 0.0 : f32, max_val = 5.0 : f32} : (!x) -> !x
  %c3 = tosa.mul %c2, %c, %shift : (!x, !x, tensor<1xi8>) -> !x
  %c4 = tosa.mul %c3, %sixth, %shift : (!x, !one, tensor<1xi8>) -> !x
  return %a4, %b4, %c4 : !x, !x, !x
}

// GELU as exporters spell it: factors and terms in any order, the cube as a power
// or as products.
// CHECK-LABEL: func @gelu
func.func @gelu(%x: !x, %w: !w) -> (!x, !x, !x, !x, !x) {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %half = "tosa.const"() {values = dense<0.5> : !one} : () -> !one
  %oneHalf = "tosa.const"() {values = dense<0.707106769> : !one} : () -> !one
  %one = "tosa.const"() {values = dense<1.0> : !one} : () -> !one
  %three = "tosa.const"() {values = dense<3.0> : !one} : () -> !one
  %cube = "tosa.const"() {values = dense<0.044715> : !one} : () -> !one
  %scale = "tosa.const"() {values = dense<0.797884583> : !one} : () -> !one
  %scaled = "tosa.const"() {values = dense<0.0356774069> : !one} : () -> !one

  // (x / 2) * (erf(x / sqrt(2)) + 1)
  // CHECK: activation = #lw.act<gelu>
  %a = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %a1 = tosa.mul %a, %oneHalf, %shift : (!x, !one, tensor<1xi8>) -> !x
  %a2 = tosa.erf %a1 : (!x) -> !x
  %a3 = tosa.add %a2, %one : (!x, !one) -> !x
  %a4 = tosa.mul %a, %half, %shift : (!x, !one, tensor<1xi8>) -> !x
  %a5 = tosa.mul %a4, %a3, %shift : (!x, !x, tensor<1xi8>) -> !x
  // ((1 + erf(x / sqrt(2))) * x) / 2
  // CHECK-NEXT: activation = #lw.act<gelu>
  %b = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %b1 = tosa.mul %oneHalf, %b, %shift : (!one, !x, tensor<1xi8>) -> !x
  %b2 = tosa.erf %b1 : (!x) -> !x
  %b3 = tosa.add %one, %b2 : (!one, !x) -> !x
  %b4 = tosa.mul %b3, %b, %shift : (!x, !x, tensor<1xi8>) -> !x
  %b5 = tosa.mul %half, %b4, %shift : (!one, !x, tensor<1xi8>) -> !x
  // x * (1/2 + erf(x / sqrt(2)) / 2)
  // CHECK-NEXT: activation = #lw.act<gelu>
  %c = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %c1 = tosa.mul %c, %oneHalf, %shift : (!x, !one, tensor<1xi8>) -> !x
  %c2 = tosa.erf %c1 : (!x) -> !x
  %c3 = tosa.mul %c2, %half, %shift : (!x, !one, tensor<1xi8>) -> !x
  %c4 = tosa.add %c3, %half : (!x, !one) -> !x
  %c5 = tosa.mul %c, %c4, %shift : (!x, !x, tensor<1xi8>) -> !x
  // x / 2 * (1 + tanh(scale * (x + cube * x^3)))
  // CHECK-NEXT: activation = #lw.act<gelu_tanh>
  %d = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %d1 = tosa.pow %d, %three : (!x, !one) -> !x
  %d2 = tosa.mul %d1, %cube, %shift : (!x, !one, tensor<1xi8>) -> !x
  %d3 = tosa.add %d, %d2 : (!x, !x) -> !x
  %d4 = tosa.mul %d3, %scale, %shift : (!x, !one, tensor<1xi8>) -> !x
  %d5 = tosa.tanh %d4 : (!x) -> !x
  %d6 = tosa.add %d5, %one : (!x, !one) -> !x
  %d7 = tosa.mul %d, %d6, %shift : (!x, !x, tensor<1xi8>) -> !x
  %d8 = tosa.mul %d7, %half, %shift : (!x, !one, tensor<1xi8>) -> !x
  // The same with scale * x * (1 + cube * x * x)
  // CHECK-NEXT: activation = #lw.act<gelu_tanh>
  %e = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %e1 = tosa.mul %e, %e, %shift : (!x, !x, tensor<1xi8>) -> !x
  %e2 = tosa.mul %e1, %scaled, %shift : (!x, !one, tensor<1xi8>) -> !x
  %e3 = tosa.add %e2, %scale : (!x, !one) -> !x
  %e4 = tosa.mul %e, %e3, %shift : (!x, !x, tensor<1xi8>) -> !x
  %e5 = tosa.tanh %e4 : (!x) -> !x
  %e6 = tosa.add %one, %e5 : (!one, !x) -> !x
  %e7 = tosa.mul %half, %e, %shift : (!one, !x, tensor<1xi8>) -> !x
  %e8 = tosa.mul %e7, %e6, %shift : (!x, !x, tensor<1xi8>) -> !x
  // CHECK-NEXT: return
  return %a5, %b5, %c5, %d8, %e8 : !x, !x, !x, !x, !x
}

// Without the half, with another root, an even power, another cube, and where
// the error function is used elsewhere.
// CHECK-LABEL: func @no_gelu
// CHECK-NOT: activation
// CHECK: return
func.func @no_gelu(%x: !x, %w: !w) -> (!x, !x, !x, !x, !x, !x) {
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %half = "tosa.const"() {values = dense<0.5> : !one} : () -> !one
  %oneHalf = "tosa.const"() {values = dense<0.707106769> : !one} : () -> !one
  %one = "tosa.const"() {values = dense<1.0> : !one} : () -> !one
  %two = "tosa.const"() {values = dense<2.0> : !one} : () -> !one
  %three = "tosa.const"() {values = dense<3.0> : !one} : () -> !one
  %cube = "tosa.const"() {values = dense<0.04> : !one} : () -> !one
  %scale = "tosa.const"() {values = dense<0.797884583> : !one} : () -> !one
  %a = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %a1 = tosa.mul %a, %oneHalf, %shift : (!x, !one, tensor<1xi8>) -> !x
  %a2 = tosa.erf %a1 : (!x) -> !x
  %a3 = tosa.add %a2, %one : (!x, !one) -> !x
  %a4 = tosa.mul %a, %a3, %shift : (!x, !x, tensor<1xi8>) -> !x
  %b = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %b1 = tosa.mul %b, %half, %shift : (!x, !one, tensor<1xi8>) -> !x
  %b2 = tosa.erf %b1 : (!x) -> !x
  %b3 = tosa.add %b2, %one : (!x, !one) -> !x
  %b4 = tosa.mul %b1, %b3, %shift : (!x, !x, tensor<1xi8>) -> !x
  %c = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %c1 = tosa.pow %c, %two : (!x, !one) -> !x
  %c2 = tosa.mul %c1, %oneHalf, %shift : (!x, !one, tensor<1xi8>) -> !x
  %c3 = tosa.erf %c2 : (!x) -> !x
  %c4 = tosa.add %c3, %one : (!x, !one) -> !x
  %c5 = tosa.mul %c, %half, %shift : (!x, !one, tensor<1xi8>) -> !x
  %c6 = tosa.mul %c5, %c4, %shift : (!x, !x, tensor<1xi8>) -> !x
  %d = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %d1 = tosa.pow %d, %three : (!x, !one) -> !x
  %d2 = tosa.mul %d1, %cube, %shift : (!x, !one, tensor<1xi8>) -> !x
  %d3 = tosa.add %d, %d2 : (!x, !x) -> !x
  %d4 = tosa.mul %d3, %scale, %shift : (!x, !one, tensor<1xi8>) -> !x
  %d5 = tosa.tanh %d4 : (!x) -> !x
  %d6 = tosa.add %d5, %one : (!x, !one) -> !x
  %d7 = tosa.mul %d, %d6, %shift : (!x, !x, tensor<1xi8>) -> !x
  %d8 = tosa.mul %d7, %half, %shift : (!x, !one, tensor<1xi8>) -> !x
  %e = lw.pointwise_conv_2d %x, %w : (!x, !w) -> !x
  %e1 = tosa.mul %e, %oneHalf, %shift : (!x, !one, tensor<1xi8>) -> !x
  %e2 = tosa.erf %e1 : (!x) -> !x
  %e3 = tosa.add %e2, %one : (!x, !one) -> !x
  %e4 = tosa.mul %e, %half, %shift : (!x, !one, tensor<1xi8>) -> !x
  %e5 = tosa.mul %e4, %e3, %shift : (!x, !x, tensor<1xi8>) -> !x
  return %a4, %b4, %c6, %d8, %e5, %e2 : !x, !x, !x, !x, !x, !x
}

// -----

// Two biases whose sum is infinite stay two.
// CHECK-LABEL: func @range
func.func @range(%x: tensor<1x4x4x8xf32>, %w: tensor<1x1x8x8xf32>) -> tensor<1x4x4x8xf32> {
  %b = "tosa.const"() {values = dense<3.0e38> : tensor<8xf32>} : () -> tensor<8xf32>
  %c = "tosa.const"() {values = dense<3.0e38> : tensor<1x1x1x8xf32>} : () -> tensor<1x1x1x8xf32>
  // CHECK: lw.pointwise_conv_2d
  // CHECK-NEXT: tosa.add
  %0 = lw.pointwise_conv_2d %x, %w bias %b : (tensor<1x4x4x8xf32>, tensor<1x1x8x8xf32>, tensor<8xf32>) -> tensor<1x4x4x8xf32>
  %1 = tosa.add %0, %c : (tensor<1x4x4x8xf32>, tensor<1x1x1x8xf32>) -> tensor<1x4x4x8xf32>
  return %1 : tensor<1x4x4x8xf32>
}

// RUN: lw-opt %s --lw-fold-batch-norm --split-input-file --verify-diagnostics
// Not folded they are refused alike.
// RUN: lw-opt %s --convert-lw-to-linalg --split-input-file --verify-diagnostics

!x = tensor<1x4x4x2xf32>
!c = tensor<2xf32>

func.func @negative_variance(%x: !x) -> !x {
  %one = "tosa.const"() {values = dense<1.0> : !c} : () -> !c
  %variance = "tosa.const"() {values = dense<[1.0, -0.5]> : !c} : () -> !c
  // expected-error @+1 {{'lw.batch_norm' op expects variance + epsilon to be positive, found -5.000000e-01 + 1.000000e-05 in channel 1}}
  %0 = lw.batch_norm %x, %one, %one, %one, %variance {epsilon = 1.0e-5 : f32} : !x, !c
  return %0 : !x
}

// -----

!x = tensor<1x4x4x2xf32>
!c = tensor<2xf32>

func.func @nan_variance(%x: !x) -> !x {
  %one = "tosa.const"() {values = dense<1.0> : !c} : () -> !c
  %variance = "tosa.const"() {values = dense<[0x7FC00000, 1.0]> : !c} : () -> !c
  // expected-error @+1 {{expects a finite variance, found nan in channel 0}}
  %0 = lw.batch_norm %x, %one, %one, %one, %variance {epsilon = 1.0e-5 : f32} : !x, !c
  return %0 : !x
}

// -----

!x = tensor<1x4x4x2xf32>
!c = tensor<2xf32>

func.func @infinite_scale(%x: !x) -> !x {
  %one = "tosa.const"() {values = dense<1.0> : !c} : () -> !c
  %scale = "tosa.const"() {values = dense<[1.0, 0x7F800000]> : !c} : () -> !c
  // expected-error @+1 {{expects a finite scale, found INF in channel 1}}
  %0 = lw.batch_norm %x, %scale, %one, %one, %one {epsilon = 1.0e-5 : f32} : !x, !c
  return %0 : !x
}

// -----

!x = tensor<1x4x4x2xf32>
!c = tensor<2xf32>

func.func @zero_variance(%x: !x) -> !x {
  %one = "tosa.const"() {values = dense<1.0> : !c} : () -> !c
  %zero = "tosa.const"() {values = dense<0.0> : !c} : () -> !c
  // expected-error @+1 {{expects variance + epsilon to be positive, found 0.000000e+00 + 0.000000e+00 in channel 0}}
  %0 = lw.batch_norm %x, %one, %one, %one, %zero {epsilon = 0.0 : f32} : !x, !c
  return %0 : !x
}

// -----

!x = tensor<1x4x4x2xf32>
!c = tensor<2xf32>

// Rounding may leave a variance just below zero; epsilon is there for it.
func.func @slightly_negative_variance(%x: !x) -> !x {
  %one = "tosa.const"() {values = dense<1.0> : !c} : () -> !c
  %variance = "tosa.const"() {values = dense<-9.0e-6> : !c} : () -> !c
  %0 = lw.batch_norm %x, %one, %one, %one, %variance {epsilon = 1.0e-5 : f32} : !x, !c
  return %0 : !x
}

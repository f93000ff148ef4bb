// RUN: lw-opt %s --lw-make-separable -o %t.mlir 2>&1 | FileCheck %s --check-prefix=EXACT
// RUN: FileCheck %s --check-prefix=EXACTIR --input-file=%t.mlir
// RUN: lw-opt %s --lw-make-separable="weight-error=0.5 report=remarks" -o /dev/null 2>&1 | FileCheck %s --check-prefix=ERROR
// RUN: lw-opt %s --lw-make-separable="terms=1 report=none json=%t.json" -o /dev/null 2>&1 | count 0
// RUN: FileCheck --input-file=%t.json %s --check-prefix=TERMS
// RUN: lw-opt %s --lw-make-separable="terms=1 weight-error=0.1" -o /dev/null 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: lw-opt %s --lw-make-separable="min-gain=20" -o /dev/null 2>&1 | FileCheck %s --check-prefix=GAIN
// RUN: lw-opt %s --lw-make-separable="layers=rank1,rank2 skip=rank1" -o /dev/null 2>&1 | FileCheck %s --check-prefix=SELECT
// RUN: lw-opt %s --lw-make-separable="min-gain=0 layers=small" -o /dev/null 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: sed 's/loc("rank1")/loc("rank,1,")/' %s | lw-opt --lw-make-separable="layers=rank2,rank,1, skip=rank2" -o /dev/null 2>&1 | FileCheck %s --check-prefix=COMMA

// One input channel. Rank 1: rows are multiples of each other. Rank 2: the
// first and the last taps differ in direction, singular values 3 and 1.
// EXACT: remark: separable form by the weights
// EXACT-NEXT: layer {{ *}}terms {{ *}}error {{ *}}MACs before {{ *}}MACs after {{ *}}gain {{ *}}note
// EXACT-NEXT: rank1 1 {{[0-9.e+-]+}} 2,304 400 5.76 exact
// EXACT-NEXT: rank2 2 {{[0-9.e+-]+}} 2,304 800 2.88 exact
// EXACT-NEXT: small - {{[0-9.e+-]+}} 144 144 1.00 kept, needs 1 term: MACs / 0.90, wanted / 1.00
// EXACT-NEXT: lw.conv_2d#0 - 0.00e+00 2,304 2,304 1.00 kept: its filter is not constant
// EXACT-NEXT: total {{ *}}7,056 3,648 1.93

// Bias, residual, activation and window stay.
// EXACTIR-LABEL: func @layers
// EXACTIR: lw.separable_conv_2d %{{.*}}, %{{.*}}, %{{.*}} bias %{{.*}} residual %{{.*}} {activation = #lw.act<relu>, padding = array<i64: 1, 1, 1, 1>} : (tensor<1x4x4x1xf32>, tensor<3x3x1x1xf32>, tensor<1x1x1x16xf32>
// EXACTIR: lw.separable_conv_2d {{.*}} tensor<3x3x1x2xf32>, tensor<1x1x2x16xf32>

// ERROR: remark: {{.*}}exact; terms 1, error {{.*}}, MACs 2304 to 400
// ERROR: remark: {{.*}}truncated; terms 1, error 3.16e-01, MACs 2304 to 400

// TERMS: "error": 0.3162
// TERMS-NEXT: "layer": "rank2"
// TERMS-NEXT: "macs_after": 400
// TERMS-NEXT: "macs_before": 2304
// TERMS-NEXT: "note": "truncated"
// TERMS-NEXT: "terms": 1

// BOTH: rank1 1 {{.*}} exact
// BOTH: rank2 - 3.16e-01 2,304 2,304 1.00 kept, at 1 term: error above 0.1

// GAIN: rank1 - {{.*}} kept, needs 1 term: MACs / 5.76, wanted / 20.00
// GAIN: total {{ *}}7,056 7,056 1.00

// A name with commas is given as it is.
// COMMA: rank,1, 1 {{.*}} exact
// COMMA: rank2 - {{.*}} kept: not selected

// SELECT: rank1 - {{.*}} kept: not selected
// SELECT: rank2 2 {{.*}} exact
// SELECT: small - {{.*}} kept: not selected

// ZERO: small 1 {{.*}} 144 160 0.90 exact
func.func @layers(%x: tensor<1x4x4x1xf32>, %b: tensor<16xf32>, %r: tensor<1x4x4x16xf32>, %u: tensor<3x3x1x16xf32>)
    -> (tensor<1x4x4x16xf32>, tensor<1x4x4x16xf32>, tensor<1x4x4x1xf32>, tensor<1x4x4x16xf32>, tensor<1x4x4x16xf32>) {
  %w1 = "tosa.const"() {values = dense<2.0> : tensor<3x3x1x16xf32>} : () -> tensor<3x3x1x16xf32>
  %w2 = "tosa.const"() {values = dense<
    [[[[3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]], [[[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]], [[[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]]]]> : tensor<3x3x1x16xf32>} : () -> tensor<3x3x1x16xf32>
  %w3 = "tosa.const"() {values = dense<2.0> : tensor<3x3x1x1xf32>} : () -> tensor<3x3x1x1xf32>
  %y1 = lw.conv_2d %x, %w1 bias %b residual %r {padding = array<i64: 1, 1, 1, 1>, activation = #lw.act<relu>}
    : (tensor<1x4x4x1xf32>, tensor<3x3x1x16xf32>, tensor<16xf32>, tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32> loc("rank1")
  %y2 = lw.conv_2d %x, %w2 {padding = array<i64: 2, 2, 2, 2>, dilations = array<i64: 2, 2>}
    : (tensor<1x4x4x1xf32>, tensor<3x3x1x16xf32>) -> tensor<1x4x4x16xf32> loc("rank2")
  %y3 = lw.conv_2d %x, %w3 {padding = array<i64: 1, 1, 1, 1>}
    : (tensor<1x4x4x1xf32>, tensor<3x3x1x1xf32>) -> tensor<1x4x4x1xf32> loc("small")
  %y4 = lw.conv_2d %x, %u {padding = array<i64: 1, 1, 1, 1>}
    : (tensor<1x4x4x1xf32>, tensor<3x3x1x16xf32>) -> tensor<1x4x4x16xf32>
  // Groups and single taps are no candidates.
  %w5 = "tosa.const"() {values = dense<2.0> : tensor<1x1x1x16xf32>} : () -> tensor<1x1x1x16xf32>
  %y5 = lw.pointwise_conv_2d %x, %w5 : (tensor<1x4x4x1xf32>, tensor<1x1x1x16xf32>) -> tensor<1x4x4x16xf32>
  return %y1, %y2, %y3, %y4, %y5 : tensor<1x4x4x16xf32>, tensor<1x4x4x16xf32>, tensor<1x4x4x1xf32>, tensor<1x4x4x16xf32>, tensor<1x4x4x16xf32>
}

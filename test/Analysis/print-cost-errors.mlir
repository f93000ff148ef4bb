// RUN: lw-opt %s --lw-print-cost="format=none" --split-input-file --verify-diagnostics

func.func @dynamic(%x: tensor<?x8x8x4xf32>, %w: tensor<1x1x4x4xf32>) -> tensor<?x8x8x4xf32> {
  // expected-error @+1 {{has a shape that is not static, 'tensor<?x8x8x4xf32>': its cost is unknown; fix the batch}}
  %y = lw.pointwise_conv_2d %x, %w : (tensor<?x8x8x4xf32>, tensor<1x1x4x4xf32>) -> tensor<?x8x8x4xf32>
  return %y : tensor<?x8x8x4xf32>
}

// -----

func.func @not_raised(%x: tensor<1x8x8x4xf32>, %w: tensor<4x1x1x4xf32>, %b: tensor<4xf32>, %z: tensor<1xf32>) -> tensor<1x8x8x4xf32> {
  // expected-warning @+1 {{is not counted: the cost model counts convolutions of the lw dialect; run --convert-tosa-to-lw before it}}
  %y = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}
    : (tensor<1x8x8x4xf32>, tensor<4x1x1x4xf32>, tensor<4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x4xf32>
  return %y : tensor<1x8x8x4xf32>
}

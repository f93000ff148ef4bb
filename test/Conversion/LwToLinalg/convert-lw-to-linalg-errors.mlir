// RUN: lw-opt %s --convert-lw-to-linalg --split-input-file --verify-diagnostics

func.func @dynamic_filter(%x: tensor<1x8x8x4xf32>, %w: tensor<3x3x4x?xf32>) -> tensor<1x6x6x?xf32> {
  // expected-error @+1 {{expects static channel and filter extents to be lowered to linalg, found 'tensor<3x3x4x?xf32>'}}
  %y = lw.conv_2d %x, %w : (tensor<1x8x8x4xf32>, tensor<3x3x4x?xf32>) -> tensor<1x6x6x?xf32>
  return %y : tensor<1x6x6x?xf32>
}

// -----

func.func @dynamic_channels(%x: tensor<1x8x8x?xf32>) -> tensor<1x8x8x?xf32> {
  // expected-error @+1 {{expects static channel and filter extents to be lowered to linalg, found 'tensor<1x8x8x?xf32>'}}
  %y = lw.channel_shuffle %x {groups = 2 : i64} : tensor<1x8x8x?xf32>
  return %y : tensor<1x8x8x?xf32>
}

// -----

func.func @row_of_unknown_length(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{expects static extents along its axes to be lowered to linalg, found 'tensor<?x4xf32>'}}
  %0 = lw.normalize %x {axes = array<i64: 0>, epsilon = 1.0e-05 : f32} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

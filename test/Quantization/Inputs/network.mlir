// One of each kind of operation that has an integer form, and a softmax that
// has none. Samples are made by samples.py.
func.func @main(%x: tensor<1x8x8x4xf32>) -> tensor<1x8xf32> {
  %w0 = "tosa.const"() {values = dense<[[[[0.25, -0.5, 0.75, 1.0, 0.125, 0.25, -0.25, 0.5],
    [0.5, 0.25, -0.75, 0.25, 0.5, -0.5, 0.25, 0.125], [-0.25, 0.75, 0.5, 0.5, -0.25, 0.25, 0.5, -1.0],
    [1.0, 0.5, 0.25, -0.25, 0.75, 0.5, -0.125, 0.25]]]]> : tensor<1x1x4x8xf32>} : () -> tensor<1x1x4x8xf32>
  %w1 = "tosa.const"() {values = dense<0.0625> : tensor<3x3x8x8xf32>} : () -> tensor<3x3x8x8xf32>
  %dw = "tosa.const"() {values = dense<0.25> : tensor<3x3x8x1xf32>} : () -> tensor<3x3x8x1xf32>
  %w2 = "tosa.const"() {values = dense<0.125> : tensor<1x1x8x8xf32>} : () -> tensor<1x1x8x8xf32>
  %fc = "tosa.const"() {values = dense<[[[[-0.3125, 0.0, 0.3125, -0.0625, 0.25, -0.125, 0.1875, -0.1875],
    [0.125, -0.25, 0.0625, -0.3125, 0.0, 0.3125, -0.0625, 0.25],
    [-0.125, 0.1875, -0.1875, 0.125, -0.25, 0.0625, -0.3125, 0.0],
    [0.3125, -0.0625, 0.25, -0.125, 0.1875, -0.1875, 0.125, -0.25],
    [0.0625, -0.3125, 0.0, 0.3125, -0.0625, 0.25, -0.125, 0.1875],
    [-0.1875, 0.125, -0.25, 0.0625, -0.3125, 0.0, 0.3125, -0.0625],
    [0.25, -0.125, 0.1875, -0.1875, 0.125, -0.25, 0.0625, -0.3125],
    [0.0, 0.3125, -0.0625, 0.25, -0.125, 0.1875, -0.1875, 0.125],
    [-0.25, 0.0625, -0.3125, 0.0, 0.3125, -0.0625, 0.25, -0.125],
    [0.1875, -0.1875, 0.125, -0.25, 0.0625, -0.3125, 0.0, 0.3125],
    [-0.0625, 0.25, -0.125, 0.1875, -0.1875, 0.125, -0.25, 0.0625],
    [-0.3125, 0.0, 0.3125, -0.0625, 0.25, -0.125, 0.1875, -0.1875],
    [0.125, -0.25, 0.0625, -0.3125, 0.0, 0.3125, -0.0625, 0.25],
    [-0.125, 0.1875, -0.1875, 0.125, -0.25, 0.0625, -0.3125, 0.0],
    [0.3125, -0.0625, 0.25, -0.125, 0.1875, -0.1875, 0.125, -0.25],
    [0.0625, -0.3125, 0.0, 0.3125, -0.0625, 0.25, -0.125, 0.1875]]]]> : tensor<1x1x16x8xf32>} : () -> tensor<1x1x16x8xf32>
  %b = "tosa.const"() {values = dense<[0.5, -0.5, 0.25, 1.0, 0.0, -1.0, 0.125, -0.25]> : tensor<8xf32>} : () -> tensor<8xf32>
  %zero = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %flat = tosa.const_shape {values = dense<[1, 8]> : tensor<2xindex>} : () -> !tosa.shape<2>
  // Pads that a maximum reads cannot join a convolution.
  %pads = tosa.const_shape {values = dense<[0, 0, 1, 1, 1, 1, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>

  %relu = lw.pointwise_conv_2d %x, %w0 bias %b {activation = #lw.act<relu>}
    : (tensor<1x8x8x4xf32>, tensor<1x1x4x8xf32>, tensor<8xf32>) -> tensor<1x8x8x8xf32> loc("relu")
  %sum = lw.conv_2d %relu, %w1 residual %relu {padding = array<i64: 1, 1, 1, 1>}
    : (tensor<1x8x8x8xf32>, tensor<3x3x8x8xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32> loc("sum")
  %silu = lw.depthwise_conv_2d %sum, %dw {padding = array<i64: 1, 1, 1, 1>, activation = #lw.act<silu>}
    : (tensor<1x8x8x8xf32>, tensor<3x3x8x1xf32>) -> tensor<1x8x8x8xf32> loc("silu")
  %shuffled = lw.channel_shuffle %silu {groups = 2 : i64} : tensor<1x8x8x8xf32> loc("shuffle")
  %clamp = lw.pointwise_conv_2d %shuffled, %w2 {activation = #lw.act<clamp, 0.0, 6.0>}
    : (tensor<1x8x8x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x8x8x8xf32> loc("clamp")
  %gates = tosa.avg_pool2d %clamp, %zero, %zero {kernel = array<i64: 8, 8>, stride = array<i64: 8, 8>,
      pad = array<i64: 0, 0, 0, 0>, acc_type = f32}
    : (tensor<1x8x8x8xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x1x8xf32> loc("average")
  %gate = lw.pointwise_conv_2d %gates, %w2 {activation = #lw.act<sigmoid>}
    : (tensor<1x1x1x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x1x1x8xf32> loc("gate")
  %scaled = tosa.mul %clamp, %gate, %shift
    : (tensor<1x8x8x8xf32>, tensor<1x1x1x8xf32>, tensor<1xi8>) -> tensor<1x8x8x8xf32> loc("scaled")
  %added = tosa.add %scaled, %shuffled
    : (tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32> loc("added")
  %tanh = tosa.tanh %added : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32> loc("tanh")
  %padded = tosa.pad %tanh, %pads, %zero
    : (tensor<1x8x8x8xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x10x10x8xf32> loc("padded")
  %max = tosa.max_pool2d %padded {kernel = array<i64: 3, 3>, stride = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>}
    : (tensor<1x10x10x8xf32>) -> tensor<1x8x8x8xf32> loc("max")
  %both = tosa.concat %max, %relu {axis = 3 : i32}
    : (tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x16xf32> loc("both")
  %last = lw.pointwise_conv_2d %both, %fc bias %b {strides = array<i64: 8, 8>}
    : (tensor<1x8x8x16xf32>, tensor<1x1x16x8xf32>, tensor<8xf32>) -> tensor<1x1x1x8xf32> loc("last")
  %scores = tosa.reshape %last, %flat : (tensor<1x1x1x8xf32>, !tosa.shape<2>) -> tensor<1x8xf32> loc("scores")
  return %scores : tensor<1x8xf32>
}

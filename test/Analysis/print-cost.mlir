// RUN: lw-opt %s --lw-print-cost="json=%t.json" -o /dev/null 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=JSON --input-file=%t.json
// RUN: lw-opt %s --lw-print-cost="format=json" -o /dev/null 2>&1 | diff - %t.json

// CHECK: @standard
// CHECK-NEXT: layer         operation   kernel  output         MACs         MACs %  parameters  weight bytes  activation bytes
// CHECK-NEXT: lw.conv_2d#0  lw.conv_2d  3x3     1x32x32x256  603,979,776   100.0     589,824     2,359,296         2,097,152
// CHECK-NEXT: total                                          603,979,776   100.0     589,824     2,359,296         2,097,152
func.func @standard(%x: tensor<1x32x32x256xf32>, %w: tensor<3x3x256x256xf32>) -> tensor<1x32x32x256xf32> {
  %y = lw.conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>}
    : (tensor<1x32x32x256xf32>, tensor<3x3x256x256xf32>) -> tensor<1x32x32x256xf32>
  return %y : tensor<1x32x32x256xf32>
}

// CHECK: @separable
// CHECK: lw.separable_conv_2d#0 {{.*}} 69,468,160 {{.*}} 67,840
// CHECK-NEXT: total {{.*}}69,468,160
func.func @separable(%x: tensor<1x32x32x256xf32>, %dw: tensor<3x3x256x1xf32>, %pw: tensor<1x1x256x256xf32>) -> tensor<1x32x32x256xf32> {
  %y = lw.separable_conv_2d %x, %dw, %pw {padding = array<i64: 1, 1, 1, 1>}
    : (tensor<1x32x32x256xf32>, tensor<3x3x256x1xf32>, tensor<1x1x256x256xf32>) -> tensor<1x32x32x256xf32>
  return %y : tensor<1x32x32x256xf32>
}

// CHECK: @halves
// CHECK: lw.depthwise_conv_2d#0 {{.*}} 2,359,296 {{.*}} 2,304
// CHECK-NEXT: lw.pointwise_conv_2d#0 {{.*}} 67,108,864 {{.*}} 65,536
// CHECK-NEXT: total {{.*}}69,468,160
func.func @halves(%x: tensor<1x32x32x256xf32>, %dw: tensor<3x3x256x1xf32>, %pw: tensor<1x1x256x256xf32>) -> tensor<1x32x32x256xf32> {
  %z = lw.depthwise_conv_2d %x, %dw {padding = array<i64: 1, 1, 1, 1>}
    : (tensor<1x32x32x256xf32>, tensor<3x3x256x1xf32>) -> tensor<1x32x32x256xf32>
  %y = lw.pointwise_conv_2d %z, %pw : (tensor<1x32x32x256xf32>, tensor<1x1x256x256xf32>) -> tensor<1x32x32x256xf32>
  return %y : tensor<1x32x32x256xf32>
}

// Names come from locations. Of a batch norm scale and offset are parameters;
// settings of other operations, such as the shift of a multiplication, are not.
// A group convolution of 2 * 2 * 4 * 16 / 2 taps on 9 pixels; a product of
// 2x3x4 and 2x4x5; a bias.
// CHECK: @others
// CHECK-NEXT: layer
// CHECK-NEXT: Conv_0 lw.conv_2d 2x2 /2 1x3x3x16 1,152 90.6 144 576 832
// CHECK-NEXT: Norm_1 lw.batch_norm 1x3x3x16 0 0.0 32 256 1,152
// CHECK-NEXT: tosa.matmul#0 tosa.matmul 2x3x5 120
// CHECK-NEXT: tosa.mul#0 tosa.mul 1x3x3x16 0 0.0 16 64 1,152
// CHECK-NEXT: total 1,272
func.func @others(%x: tensor<1x4x4x4xf32>, %w: tensor<2x2x2x16xf32>, %b: tensor<16xf32>,
                  %a: tensor<2x3x4xf32>, %c: tensor<2x4x5xf32>) -> (tensor<1x3x3x16xf32>, tensor<2x3x5xf32>) {
  %zp = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %scale = "tosa.const"() {values = dense<2.0> : tensor<1x1x1x16xf32>} : () -> tensor<1x1x1x16xf32>
  %y = lw.conv_2d %x, %w bias %b {groups = 2 : i64}
    : (tensor<1x4x4x4xf32>, tensor<2x2x2x16xf32>, tensor<16xf32>) -> tensor<1x3x3x16xf32> loc("Conv_0")
  %n = lw.batch_norm %y, %b, %b, %b, %b {epsilon = 1.0e-5 : f32} : tensor<1x3x3x16xf32>, tensor<16xf32> loc(fused["Norm_1", "x"])
  %m = tosa.matmul %a, %c, %zp, %zp : (tensor<2x3x4xf32>, tensor<2x4x5xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<2x3x5xf32>
  %s = tosa.mul %n, %scale, %shift : (tensor<1x3x3x16xf32>, tensor<1x1x1x16xf32>, tensor<1xi8>) -> tensor<1x3x3x16xf32>
  return %s, %m : tensor<1x3x3x16xf32>, tensor<2x3x5xf32>
}

// JSON: "functions": [
// JSON: "activation_bytes": 2097152
// JSON: "kernel": "3x3"
// JSON-NEXT: "macs": 603979776
// JSON-NEXT: "name": "lw.conv_2d#0"
// JSON-NEXT: "operation": "lw.conv_2d"
// JSON-NEXT: "output_shape": [
// JSON-NEXT: 1,
// JSON-NEXT: 32,
// JSON-NEXT: 32,
// JSON-NEXT: 256
// JSON-NEXT: ],
// JSON-NEXT: "parameters": 589824
// JSON-NEXT: "weight_bytes": 2359296
// JSON: "name": "standard"
// JSON: "total": {
// JSON-NEXT: "activation_bytes": 2097152
// JSON-NEXT: "macs": 603979776

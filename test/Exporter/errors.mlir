// What has no form in ONNX is named, with its place and what to do.

// RUN: split-file %s %t
// RUN: not lw-translate --export-onnx %t/linalg.mlir -o %t/out.onnx 2>&1 | FileCheck %s --check-prefix=LINALG
// RUN: not lw-translate --export-onnx %t/shape.mlir -o %t/out.onnx 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not lw-translate --export-onnx %t/type.mlir -o %t/out.onnx 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: not lw-translate --export-onnx %t/pool.mlir -o %t/out.onnx 2>&1 | FileCheck %s --check-prefix=POOL
// RUN: not lw-translate --export-onnx %t/scatter.mlir -o %t/out.onnx 2>&1 | FileCheck %s --check-prefix=SCATTER
// RUN: not lw-translate --export-onnx %t/many.mlir -o %t/out.onnx 2>&1 | FileCheck %s --check-prefix=MANY
// RUN: not lw-translate --export-onnx %t/empty.mlir -o %t/out.onnx 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not lwc %t/scatter.mlir -o %t/out.onnx 2>&1 | FileCheck %s --check-prefix=LWC
// Nothing is left behind.
// RUN: not ls %t/out.onnx

//--- linalg.mlir
// LINALG: linalg.mlir":4:8): error: 'tosa.conv2d' op cannot be exported to ONNX: it is not in the table of `lw-translate --print-onnx-ops`; `lw-opt --lw-graph-pipeline` raises linalg and tosa convolutions
// LINALG: lw-translate: error: cannot write '{{.*}}out.onnx': the network cannot be exported to ONNX
func.func @main(%x: tensor<1x4x4x1xf32>, %w: tensor<1x1x1x1xf32>, %b: tensor<1xf32>, %z: tensor<1xf32>) -> tensor<1x4x4x1xf32> {
  %0 = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>}
    : (tensor<1x4x4x1xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x1xf32>
  return %0 : tensor<1x4x4x1xf32>
}

//--- shape.mlir
// SHAPE: error: cannot be exported to ONNX: expected 'image' to be a tensor of floats, integers or bool with a static shape, found 'tensor<?x4xf32>'
func.func @main(%x: tensor<?x4xf32> {lw.name = "image"}) -> tensor<?x4xf32> {
  %0 = tosa.abs %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

//--- type.mlir
// TYPE: expected 'input0' to be a tensor of floats, integers or bool with a static shape, found 'tensor<2x4xi7>'
func.func @main(%x: tensor<2x4xi7>) -> tensor<2x4xi7> {
  return %x : tensor<2x4xi7>
}

//--- pool.mlir
// POOL: pool.mlir":4:8): error: 'tosa.max_pool2d' op cannot be exported to ONNX: its bytes are unsigned, and the pool takes them for signed; quantize to s8
func.func @main(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32> {
  %0 = lw.quantize %x to <u8, 0.5, 128> : tensor<1x4x4x1xf32> -> tensor<1x4x4x1xi8>
  %1 = tosa.max_pool2d %0 {kernel = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x4x4x1xi8>) -> tensor<1x4x4x1xi8>
  %2 = lw.dequantize %1 from <u8, 0.5, 128> : tensor<1x4x4x1xi8> -> tensor<1x4x4x1xf32>
  return %2 : tensor<1x4x4x1xf32>
}

//--- scatter.mlir
// SCATTER: 'lw.scatter_elements' op cannot be exported to ONNX: the reduction max is younger than the opset that is written; only none, add and mul
// LWC: 'lw.scatter_elements' op cannot be exported to ONNX: the reduction max
// LWC: lwc: error: cannot write '{{.*}}out.onnx'
func.func @main(%x: tensor<4x2xf32>, %i: tensor<3x2xi32>, %u: tensor<3x2xf32>) -> tensor<4x2xf32> {
  %0 = lw.scatter_elements %x, %i, %u {axis = 0, reduction = "max"}
    : (tensor<4x2xf32>, tensor<3x2xi32>, tensor<3x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

//--- many.mlir
// All that has no form is named, each operation once, and not what reads it.
// MANY: 'tosa.bitwise_not' op cannot be exported to ONNX: it is not in the table
// MANY-NOT: tosa.bitwise_not
// MANY-NOT: tosa.add
// MANY: 'tosa.bitwise_and' op cannot be exported to ONNX: only the lowest bits can be kept
// MANY: 'tosa.clz' op cannot be exported to ONNX: it is not in the table
func.func @main(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %0 = tosa.bitwise_not %x : (tensor<4xi32>) -> tensor<4xi32>
  %1 = tosa.bitwise_not %y : (tensor<4xi32>) -> tensor<4xi32>
  %2 = tosa.add %0, %1 : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  %3 = tosa.bitwise_and %x, %y : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  %4 = tosa.clz %y : (tensor<4xi32>) -> tensor<4xi32>
  %5 = tosa.add %3, %4 : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  %6 = tosa.add %2, %5 : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  return %6 : tensor<4xi32>
}

//--- empty.mlir
// EMPTY: error: cannot be exported to ONNX: expected a function @main with a body
func.func @forward(%x: tensor<1xf32>) -> tensor<1xf32> {
  return %x : tensor<1xf32>
}

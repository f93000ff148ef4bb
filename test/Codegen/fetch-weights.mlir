// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-select-kernels --lw-fetch-weights | FileCheck %s
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v4 --lw-select-kernels --lw-fetch-weights | FileCheck %s --check-prefix=NONE
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-kernel-loops-pipeline | FileCheck %s --check-prefix=CODE
// RUN: lw-opt %s --lw-set-target=cpu=x86-64-v3 --lw-kernel-loops-pipeline=threads=2 | FileCheck %s --check-prefix=CODE

// The 4,096,000 bytes of weights of the last layer come beside the multiply-adds of
// those before it, 12 for a byte: the first gets what the second leaves.
// NONE-NOT: lw.fetch
// CHECK-LABEL: func @main
// Each tile of such a layer asks for lines of weights that are not its own, no more
// than there are.
// CODE: func.func private @gemm_{{[0-9]+}}({{.*}}memref<262144xf32>{{.*}}, %[[FAR:[a-z0-9]+]]: memref<1024000xf32>)
// CODE: memref.prefetch %[[FAR]][
// CODE: func.func private @gemm_{{[0-9]+}}({{.*}}memref<524288xf32>{{.*}}, %[[NEAR:[a-z0-9]+]]: memref<1024000xf32>)
// CODE: memref.prefetch %[[NEAR]][
func.func @main(%x: tensor<1x14x14x512xf32>) -> tensor<1x1x1x1000xf32> {
  %a = "tosa.const"() {values = dense<0.5> : tensor<1x1x512x512xf32>} : () -> tensor<1x1x512x512xf32>
  %b = "tosa.const"() {values = dense<0.25> : tensor<1x1x512x1024xf32>} : () -> tensor<1x1x512x1024xf32>
  %c = "tosa.const"() {values = dense<0.125> : tensor<1x1x1024x1000xf32>} : () -> tensor<1x1x1024x1000xf32>
  %d = "tosa.const"() {values = dense<0.5> : tensor<3x3x512x1xf32>} : () -> tensor<3x3x512x1xf32>
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  // CHECK: lw.pointwise_conv_2d
  // CHECK-SAME: lw.fetch = array<i64: 2138112, 1957888>
  %0 = lw.pointwise_conv_2d %x, %a : (tensor<1x14x14x512xf32>, tensor<1x1x512x512xf32>) -> tensor<1x14x14x512xf32>
  // CHECK: lw.depthwise_conv_2d
  // CHECK-NOT: lw.fetch
  %1 = lw.depthwise_conv_2d %0, %d {padding = array<i64: 1, 0, 1, 0>, strides = array<i64: 2, 2>} : (tensor<1x14x14x512xf32>, tensor<3x3x512x1xf32>) -> tensor<1x7x7x512xf32>
  // CHECK: lw.pointwise_conv_2d
  // CHECK-SAME: lw.fetch = array<i64: 0, 2138112>
  %2 = lw.pointwise_conv_2d %1, %b : (tensor<1x7x7x512xf32>, tensor<1x1x512x1024xf32>) -> tensor<1x7x7x1024xf32>
  %3 = tosa.avg_pool2d %2, %z, %z {acc_type = f32, kernel = array<i64: 7, 7>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x7x7x1024xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x1x1024xf32>
  // CHECK: lw.pointwise_conv_2d
  // CHECK-NOT: lw.fetch
  %4 = lw.pointwise_conv_2d %3, %c : (tensor<1x1x1x1024xf32>, tensor<1x1x1024x1000xf32>) -> tensor<1x1x1x1000xf32>
  return %4 : tensor<1x1x1x1000xf32>
}

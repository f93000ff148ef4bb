// A stock mlir-opt with the plugin raises a linalg convolution followed by batch
// norm arithmetic, folds the one into the other, rewrites the result to separable
// form and gives linalg back; a stock mlir-runner computes the same as without lw.

// DEFINE: %{plugin} = %llvm_tools/mlir-opt --load-dialect-plugin=%lw_build/lib/LwPlugin.so --load-pass-plugin=%lw_build/lib/LwPlugin.so
// DEFINE: %{graph} = convert-linalg-to-lw,func.func(lw-fold-batch-norm,lw-make-separable{report=none})
// DEFINE: %{loops} = one-shot-bufferize{bufferize-function-boundaries},func.func(convert-linalg-to-loops),expand-strided-metadata,lower-affine,convert-scf-to-cf,convert-math-to-llvm,convert-arith-to-llvm,finalize-memref-to-llvm,convert-func-to-llvm,convert-cf-to-llvm,reconcile-unrealized-casts
// DEFINE: %{run} = %llvm_tools/mlir-runner -e main -entry-point-result=void -shared-libs=%llvm_tools/../lib/libmlir_runner_utils.so,%llvm_tools/../lib/libmlir_c_runner_utils.so

// RUN: %{plugin} %s --pass-pipeline='builtin.module(%{graph})' | FileCheck %s --check-prefix=GRAPH
// RUN: %{plugin} %s --pass-pipeline='builtin.module(%{graph},convert-lw-to-linalg)' | FileCheck %s --check-prefix=LINALG
// RUN: %{plugin} %s --pass-pipeline='builtin.module(%{graph},convert-lw-to-linalg,%{loops})' | %{run} | FileCheck %s
// RUN: %llvm_tools/mlir-opt %s --pass-pipeline='builtin.module(%{loops})' | %{run} | FileCheck %s

// Every input channel has taps of one pattern: one term is exact.
// GRAPH: lw.separable_conv_2d {{.*}} bias {{.*}} {padding = array<i64: 1, 1, 1, 1>} : ({{.*}}, tensor<3x3x2x1xf32>, tensor<1x1x2x2xf32>, tensor<2xf32>)
// GRAPH-NOT: lw.batch_norm
// GRAPH-NOT: linalg.{{(sub|mul|generic)}}

// LINALG-NOT: tosa.
// LINALG: linalg.depthwise_conv_2d_nhwc_hwc
// LINALG: linalg.conv_2d_nhwc_hwcf
// LINALG-NOT: linalg.{{(sub|mul|generic)}}
// LINALG-NOT: lw.

// The first input channel is 1, the second the row r. The filter sums the first
// over its 3x3 window, that is the number c of its taps inside the image, and
// takes the centre of the second. With scales 2 / sqrt(3.5 + 0.5) = 1 and
// 3 / sqrt(15.5 + 0.5) = 0.75 the two output channels are
//   1    * ((1 * c + 3 * r) - 1) + 10 = c + 3 r + 9
//   0.75 * ((2 * c - 1 * r) - 2) + 20 = 1.5 c - 0.75 r + 18.5.
// CHECK: sizes = [1, 4, 4, 2]
// CHECK-NEXT: [13, 24.5]
// CHECK-NEXT: [15, 27.5]
// CHECK-NEXT: [15, 27.5]
// CHECK-NEXT: [13, 24.5]
// CHECK-NEXT: [18, 26.75]
// CHECK-NEXT: [21, 31.25]
// CHECK-NEXT: [21, 31.25]
// CHECK-NEXT: [18, 26.75]
// CHECK-NEXT: [21, 26]
// CHECK-NEXT: [24, 30.5]
// CHECK-NEXT: [24, 30.5]
// CHECK-NEXT: [21, 26]
// CHECK-NEXT: [22, 22.25]
// CHECK-NEXT: [24, 25.25]
// CHECK-NEXT: [24, 25.25]
// CHECK-NEXT: [22, 22.25]

#id = affine_map<(n, h, w, c) -> (n, h, w, c)>
#channel = affine_map<(n, h, w, c) -> (c)>

func.func private @printMemrefF32(tensor<*xf32>)

func.func @convolution(%x: tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %epsilon = arith.constant 0.5 : f32
  %gamma = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %beta = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %mean = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %variance = arith.constant dense<[3.5, 15.5]> : tensor<2xf32>
  %filter = arith.constant dense<[
    [[[1.0, 2.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 0.0]]],
    [[[1.0, 2.0], [0.0, 0.0]], [[1.0, 2.0], [3.0, -1.0]], [[1.0, 2.0], [0.0, 0.0]]],
    [[[1.0, 2.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 0.0]], [[1.0, 2.0], [0.0, 0.0]]]]> : tensor<3x3x2x2xf32>
  %padded = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%n: index, %h: index, %w: index, %c: index):
    tensor.yield %zero : f32
  } : tensor<1x4x4x2xf32> to tensor<1x6x6x2xf32>
  %e = tensor.empty() : tensor<1x4x4x2xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %y = linalg.conv_2d_nhwc_hwcf ins(%padded, %filter : tensor<1x6x6x2xf32>, tensor<3x3x2x2xf32>) outs(%zeros : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %meanB = linalg.broadcast ins(%mean : tensor<2xf32>) outs(%e : tensor<1x4x4x2xf32>) dimensions = [0, 1, 2]
  %centered = linalg.sub ins(%y, %meanB : tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>) outs(%e : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %z = linalg.generic {indexing_maps = [#id, #channel, #channel, #channel, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%centered, %gamma, %beta, %variance : tensor<1x4x4x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<1x4x4x2xf32>) {
  ^bb0(%a: f32, %g: f32, %b: f32, %v: f32, %out: f32):
    %0 = arith.addf %v, %epsilon : f32
    %1 = math.sqrt %0 : f32
    %2 = arith.divf %a, %1 : f32
    %3 = arith.mulf %g, %2 : f32
    %4 = arith.addf %3, %b : f32
    linalg.yield %4 : f32
  } -> tensor<1x4x4x2xf32>
  return %z : tensor<1x4x4x2xf32>
}

func.func @main() {
  %x = arith.constant dense<[[
    [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]],
    [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]],
    [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0], [1.0, 2.0]],
    [[1.0, 3.0], [1.0, 3.0], [1.0, 3.0], [1.0, 3.0]]]]> : tensor<1x4x4x2xf32>
  %y = call @convolution(%x) : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %u = tensor.cast %y : tensor<1x4x4x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u) : (tensor<*xf32>) -> ()
  return
}

// RUN: lw-opt %s --lw-graph-pipeline | FileCheck %s --check-prefix=GRAPH
// RUN: lw-opt %s --lw-graph-pipeline --lw-reference-loops-pipeline | FileCheck %s --check-prefix=LOOPS
// RUN: lw-opt %s --lw-set-target=cpu=x86-64 --lw-graph-pipeline --lw-reference-pipeline=prefix=net | FileCheck %s --check-prefix=LLVM

// GRAPH-LABEL: func.func @main
// GRAPH: lw.conv_2d {{.*}} bias {{.*}} {activation = #lw.act<{{.*}}

// LOOPS: module attributes {lw.entry = {cost = {macs = 6912 : i64, parameters = 112 : i64, weight_bytes = 448 : i64}, inputs = [{name = "input", shape = array<i64: 1, 3, 8, 8>, type = f32}], outputs = [{name = "output", shape = array<i64: 1, 4>, type = f32}]}}
// LOOPS: memref.global "private" constant
// LOOPS: func.func @main(%{{.*}}: memref<1x3x8x8xf32> {lw.name = "input"}, %{{.*}}: memref<1x4xf32> {lw.name = "output"}, %{{.*}}: memref<{{[0-9]+}}xi8> {llvm.noalias, lw.arena})
// No buffer is allocated.
// LOOPS-NOT: memref.alloc
// LOOPS: scf.for
// LOOPS-NOT: memref.alloc

// LLVM: lw.entry = {arena_bytes = [[#BYTES:]] : i64
// LLVM: llvm.func internal @main(%{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias})
// LLVM-NOT: unrealized_conversion_cast
// LLVM: llvm.mlir.global external constant @net_info("{{.*}}\22cpu\22:\22x86-64\22
// LLVM: llvm.func @net_run(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32

func.func @main(%x: tensor<1x3x8x8xf32> {lw.name = "input"}) -> (tensor<1x4xf32> {lw.name = "output"}) {
  %n = tosa.transpose %x {perms = array<i32: 0, 2, 3, 1>} : (tensor<1x3x8x8xf32>) -> tensor<1x8x8x3xf32>
  %w = "tosa.const"() {values = dense<0.5> : tensor<3x3x3x4xf32>} : () -> tensor<3x3x3x4xf32>
  %b = "tosa.const"() {values = dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>} : () -> tensor<4xf32>
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %c = lw.conv_2d %n, %w bias %b {padding = array<i64: 1, 1, 1, 1>}
       : (tensor<1x8x8x3xf32>, tensor<3x3x3x4xf32>, tensor<4xf32>) -> tensor<1x8x8x4xf32>
  %r = tosa.clamp %c {min_val = 0.0 : f32, max_val = 6.0 : f32} : (tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  %p = tosa.avg_pool2d %r, %z, %z {kernel = array<i64: 8, 8>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 8, 8>, acc_type = f32}
       : (tensor<1x8x8x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x1x4xf32>
  %s = tosa.const_shape {values = dense<[1, 4]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %o = tosa.reshape %p, %s : (tensor<1x1x1x4xf32>, !tosa.shape<2>) -> tensor<1x4xf32>
  return %o : tensor<1x4xf32>
}

// RUN: lw-opt %s --lw-prepare-entry | FileCheck %s

// CHECK: lw.entry = {arena_bytes = 4096 : i64, inputs =
module attributes {lw.entry = {inputs = [{name = "x", shape = array<i64: 2, 3>, type = f32}],
                               outputs = [{name = "y", shape = array<i64: 2>, type = i8}]}} {
  // CHECK: func.func private @main(%{{.*}}: memref<2x3xf32> {llvm.noalias}, %{{.*}}: memref<2xi8> {llvm.noalias}, %{{.*}}: memref<4096xi8> {llvm.align = 64 : i64, llvm.noalias, lw.arena})
  func.func @main(%x: memref<2x3xf32>, %y: memref<2xi8>, %a: memref<4096xi8> {lw.arena}) {
    return
  }
}

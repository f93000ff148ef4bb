// RUN: lw-opt %s --lw-emit-entry-point=prefix=net | FileCheck %s

// Arguments are checked before the network is called, in code for every processor.

module attributes {lw.target = #lw.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v2", features = "">,
                   lw.entry = {arena_bytes = 128 : i64,
                               cost = {macs = 12 : i64, parameters = 3 : i64, weight_bytes = 24 : i64},
                               inputs = [{name = "x", shape = array<i64: 2, 3>, type = f32},
                                         {name = "none", shape = array<i64: 0>, type = f32}],
                               outputs = [{name = "y", shape = array<i64: 2>, type = i8}]}} {
  // CHECK: llvm.func internal @main(
  llvm.func @main(%x: !llvm.ptr, %none: !llvm.ptr, %y: !llvm.ptr, %arena: !llvm.ptr) {
    llvm.return
  }
}
// CHECK: llvm.mlir.global external constant @net_info("{\22allocates\22:false,\22arena_alignment\22:64,\22arena_bytes\22:128,\22cost\22:{\22macs\22:12,\22parameters\22:3,\22weight_bytes\22:24},\22cpu\22:\22x86-64-v2\22,\22features\22:[{{.*}}\22sse4.2\22{{.*}}],\22inputs\22:[{{.*}}],\22interface_version\22:1,{{.*}}\22triple\22:\22x86_64-unknown-linux-gnu\22}\00")

// CHECK: llvm.func @net_run(%[[IN:.*]]: !llvm.ptr, %[[OUT:.*]]: !llvm.ptr, %[[ARENA:.*]]: !llvm.ptr) -> i32
// CHECK-SAME: target_cpu = "generic"
// CHECK: llvm.icmp "eq" %[[IN]], %{{.*}} : !llvm.ptr
// CHECK: llvm.getelementptr %[[IN]][0]
// CHECK: %[[X:.*]] = llvm.load
// CHECK: llvm.icmp "eq" %[[X]], %{{.*}} : !llvm.ptr
// CHECK: llvm.getelementptr %[[IN]][1]
// CHECK: %[[NONE:.*]] = llvm.load
// An array without elements may be null.
// CHECK-NOT: llvm.icmp "eq" %[[NONE]]
// CHECK: llvm.icmp "eq" %[[OUT]], %{{.*}} : !llvm.ptr
// CHECK: %[[Y:.*]] = llvm.load
// CHECK: llvm.icmp "eq" %[[Y]], %{{.*}} : !llvm.ptr
// CHECK: llvm.ptrtoint %[[ARENA]]
// CHECK: llvm.call @main(%[[X]], %[[NONE]], %[[Y]], %[[ARENA]])
// CHECK: llvm.func @net_supported() -> i32

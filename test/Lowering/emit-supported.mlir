// DEFINE: %{triple} = x86_64-linux-gnu
// DEFINE: %{cpu} =
// DEFINE: %{emit} = lw-opt %s --lw-set-target="triple=%{triple} cpu=%{cpu}" --lw-emit-entry-point=prefix=net
// REDEFINE: %{cpu} = x86-64
// RUN: %{emit} | FileCheck %s --check-prefix=V1
// REDEFINE: %{cpu} = x86-64-v3
// RUN: %{emit} | FileCheck %s --check-prefix=V3
// REDEFINE: %{triple} = aarch64-linux-gnu
// REDEFINE: %{cpu} = generic
// RUN: %{emit} | FileCheck %s --check-prefix=BASE --implicit-check-not=getauxval
// REDEFINE: %{cpu} = cortex-a76
// RUN: %{emit} | FileCheck %s --check-prefix=A76
// REDEFINE: %{triple} = aarch64-apple-darwin
// REDEFINE: %{cpu} = apple-m1
// RUN: %{emit} | FileCheck %s --check-prefix=BASE --implicit-check-not=getauxval

// The masks are those of the manuals: the bits of leaf 1 from which x86-64-v3
// follows are, of ecx, 0 (sse3), 9, 12 (fma), 19, 20, 22 (movbe), 23, 27 (xgetbv is
// there), 28 (avx) and 29 (f16c).
module attributes {lw.entry = {arena_bytes = 0 : i64, inputs = [], outputs = []}} {
  llvm.func @main() {
    llvm.return
  }
}

// cmov, mmx, sse and sse2 are checked, and nothing that needs wide registers.
// V1-LABEL: llvm.func @net_supported() -> i32
// V1-SAME: target_cpu = "generic"
// V1: llvm.inline_asm has_side_effects "cpuid"
// V1: llvm.mlir.constant(109084672 : i32)
// V1-NOT: xgetbv

// V3-LABEL: llvm.func @net_supported() -> i32
// V3-COUNT-2: llvm.inline_asm has_side_effects "cpuid"
// V3: llvm.inline_asm has_side_effects "cpuid"
// V3: llvm.mlir.constant(953684481 : i32)
// V3: llvm.inline_asm has_side_effects "xgetbv"
// V3: llvm.mlir.constant(6 : i32)

// BASE: llvm.func @net_supported() -> i32
// BASE: %[[YES:.*]] = llvm.mlir.constant(1 : i32)
// BASE-NEXT: llvm.return %[[YES]]

// crc, atomics, half precision, rdm, rcpc, dot product: bits 7, 8, 10, 12, 15, 20
// of AT_HWCAP.
// A76: llvm.func @net_supported() -> i32
// A76: llvm.mlir.constant(16 : i64)
// A76: llvm.call @getauxval
// A76: llvm.mlir.constant(1086848 : i64)

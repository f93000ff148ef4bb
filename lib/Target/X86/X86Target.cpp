//===- X86Target.cpp - What selection knows of x86
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TargetTables.h"

using namespace mlir::lw;

void mlir::lw::fillX86(TargetInfo &target, HasFeature has) {
  target.hasMemoryOperands = true;
  if (has("avx512f")) {
    // 32 zmm registers; two multiply-adds a cycle on every AVX-512 server core
    // since Skylake. Two loads start a cycle too, but not all hit the first
    // level: tiles chosen for 1.15 are faster than those for 2.
    target.loadsPerCycle = 1.15;
    target.vectorElements = 16;
    target.vectorRegisters = 32;
    target.l1Bytes = 48 << 10;
    target.l2Bytes = 2 << 20;
  } else if (has("avx2") && has("fma")) {
    target.vectorElements = 8;
    target.vectorRegisters = 16;
  } else {
    // SSE2, without a fused multiply-add: correct, not fast.
    target.vectorElements = 4;
    target.vectorRegisters = 16;
    target.fmaPerCycle = 1;
  }
}

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
    // 32 zmm registers; two multiply-adds and two 64-byte loads a cycle on
    // every AVX-512 server core since Skylake.
    target.vectorElements = 16;
    target.vectorRegisters = 32;
    target.l1Bytes = 48 << 10;
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

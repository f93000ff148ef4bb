//===- X86Target.cpp - What selection knows of x86
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TargetTables.h"
#include "lw/Target/WeightFetching.h"

using namespace mlir::lw;

llvm::StringRef mlir::lw::x86SchedulingModel(HasFeature has) {
  // Older models of AVX-512 processors move loads so far up that one
  // accumulator of a full register tile lives in memory: 4 to 9 % of a network.
  return has("avx512f") ? "sapphirerapids" : "";
}

/// Of two loads of vectors a cycle so many were measured (Zen 4): tiles of one
/// vector, in which each multiply-add waits for one, take as long as they.
static constexpr double kLoadsPerCycle = 1.7;

int64_t mlir::lw::multiplyAddsPerFetchedByte(const TargetInfo &target) {
  // Zen 3: a line every 4 steps of a tile of 12 vectors cost as much as it
  // gained, every 8 steps next to nothing. Not measured with AVX-512.
  return target.dot == &kFma256 ? 12 : 0;
}

void mlir::lw::fillX86(TargetInfo &target, HasFeature has) {
  if (has("avx512vbmi") || has("ssse3")) {
    target.table =
        has("avx512vbmi") ? TableForm::Permute128 : TableForm::Shuffle16;
    target.tableLanes = has("avx512bw") ? 64 : has("avx2") ? 32 : 16;
  }
  if (has("avx512f")) {
    // 32 zmm registers; two multiply-adds a cycle on every AVX-512 server core
    // since Skylake.
    target.loadsPerCycle = kLoadsPerCycle;
    target.dot = target.cpu == "znver4" ? &kFmaHalves512 : &kFma512;
    target.vectorRegisters = 32;
    target.l1Bytes = 48 << 10;
    target.l2Bytes = 2 << 20;
    target.byteDot = has("avx512vnni") ? &kVnni512
                     : has("avx512bw") ? &kMadd512
                                       : &kMadd256;
    if (has("avx512bf16"))
      target.bfloatDot = &kBFloat512;
    target.narrow = has("avx512bw") ? kPacks512 : kPacks256;
    target.hasMaskedBytes = has("avx512bw") && has("avx512vl");
  } else if (has("avx2") && has("fma")) {
    target.loadsPerCycle = kLoadsPerCycle;
    target.dot = &kFma256;
    target.byteDot = has("avxvnni") ? &kVnni256 : &kMadd256;
    if (!has("avxvnni")) {
      target.shortPairs = &kShortPairs256;
      target.shortFours = &kShortFours256;
    }
    target.narrow = kPacks256;
    target.vectorRegisters = 16;
  } else {
    // SSE2, without a fused multiply-add: correct, not fast.
    target.dot = &kMulAdd128;
    target.byteDot = &kMadd128;
    if (has("ssse3")) {
      target.shortPairs = &kShortPairs128;
      target.shortFours = &kShortFours128;
    }
    target.narrow = kPacks128;
    target.vectorRegisters = 16;
    target.dotsPerCycle = 1;
  }
}

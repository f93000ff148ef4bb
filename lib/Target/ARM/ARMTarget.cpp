//===- ARMTarget.cpp - What selection knows of AArch64
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TargetTables.h"

using namespace mlir::lw;

namespace {
/// Figures of one cpu: multiply-adds and loads of 128 bits a cycle, cycles from
/// one multiply-add to the next on the same accumulator, and caches. From the
/// makers' software optimization guides.
struct Row {
  llvm::StringLiteral cpu;
  double fmla, loads;
  int64_t latency, l1Kilobytes, l2Kilobytes;
};
} // namespace

static constexpr Row kRows[] = {
    // In order: 64 bits of data a cycle.
    {"cortex-a53", 1, 0.5, 8, 32, 512}, {"cortex-a55", 1, 0.5, 4, 32, 256},
    {"cortex-a72", 1, 1, 7, 32, 1024},  {"cortex-a76", 2, 2, 4, 64, 512},
    {"cortex-a78", 2, 2, 4, 64, 512},   {"cortex-x1", 4, 2, 4, 64, 1024},
    {"neoverse-n1", 2, 2, 4, 64, 1024}, {"neoverse-v1", 4, 2, 4, 64, 1024},
    {"neoverse-n2", 2, 2, 4, 64, 1024}, {"apple-m1", 4, 3, 4, 128, 12288},
};
/// Any other.
static constexpr Row kGeneric = {"generic", 2, 2, 4, 32, 512};

void mlir::lw::fillARM(TargetInfo &target, HasFeature has) {
  // NEON: 32 registers of four f32.
  target.dot = &kFmlaLane128;
  target.byteDot = has("dotprod") ? &kSdot128 : &kSmull128;
  if (has("i8mm"))
    target.byteMatrix = &kSmmla128;
  if (has("bf16")) {
    target.bfloatDot = &kBfdot128;
    target.bfloatMatrix = &kBfmmla128;
  }
  target.narrow = kNarrowNeon;
  target.table = TableForm::Table64;
  target.tableLanes = 16;
  target.roundToInteger = "llvm.aarch64.neon.fcvtns";
  target.vectorRegisters = 32;
  target.hasMaskedMemory = false;
  const Row *row = &kGeneric;
  for (const Row &known : kRows)
    if (target.cpu == known.cpu)
      row = &known;
  target.dotsPerCycle = row->fmla;
  target.loadsPerCycle = row->loads;
  target.dotLatency = row->latency;
  target.l1Bytes = row->l1Kilobytes << 10;
  target.l1Ways = 4;
  target.l1WayBytes = target.l1Bytes / target.l1Ways;
  target.l2Bytes = row->l2Kilobytes << 10;
}

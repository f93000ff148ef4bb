//===- ARMTarget.cpp - What selection knows of AArch64
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../TargetTables.h"

using namespace mlir::lw;

void mlir::lw::fillARM(TargetInfo &target, HasFeature) {
  // NEON: 32 registers of four f32; the multiply-add takes a lane but no memory
  // operand, so that broadcasts occupy registers.
  target.vectorElements = 4;
  target.vectorRegisters = 32;
  target.hasMemoryOperands = false;
  target.l1Bytes = 64 << 10;
}

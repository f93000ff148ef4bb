//===- TargetInfo.h - What code generation knows of a processor
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TARGET_TARGETINFO_H
#define LW_TARGET_TARGETINFO_H

#include "mlir/Support/LLVM.h"
#include <cstdint>
#include <string>

namespace llvm {
class MCSubtargetInfo;
} // namespace llvm

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace mlir::lw {

/// The properties of a processor that kernel selection depends on. Shared code
/// asks these fields, never for an architecture.
struct TargetInfo {
  std::string cpu;              // for messages
  int64_t vectorElements = 4;   // f32 elements of a vector register
  int64_t vectorRegisters = 16; // architectural vector registers
  /// Multiply-adds, vector loads that can start in one cycle, and the latency
  /// of a multiply-add: the model that chooses register tiles.
  double fmaPerCycle = 2, loadsPerCycle = 2;
  int64_t fmaLatency = 4;
  /// The multiply-add takes a memory operand, so that a broadcast needs no
  /// register of its own.
  bool hasMemoryOperands = false;
  int64_t l1Bytes = 32 << 10, l2Bytes = 1 << 20;
  /// Cycles of reading a cache line in a row of many from each level.
  double l2LineCycles = 2.5, l3LineCycles = 8, memoryLineCycles = 18;

  /// The processor of the module's `lw.target`, or an error at the module.
  static FailureOr<TargetInfo> get(ModuleOp module);
};

/// The processor whose model LLVM schedules instructions by, for code of
/// `subtarget`; empty for the subtarget's own.
llvm::StringRef schedulingModel(const llvm::MCSubtargetInfo &subtarget);

} // namespace mlir::lw

#endif // LW_TARGET_TARGETINFO_H

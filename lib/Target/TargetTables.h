//===- TargetTables.h - Per-architecture tables
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_TARGET_TARGETTABLES_H
#define LW_LIB_TARGET_TARGETTABLES_H

#include "lw/Target/TargetInfo.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

namespace mlir::lw {

using HasFeature = llvm::function_ref<bool(llvm::StringRef)>;

/// See schedulingModel.
llvm::StringRef x86SchedulingModel(HasFeature has);

/// The rows of the table of units.
extern const DotUnit kFma512, kFmaHalves512, kFma256, kMulAdd128, kFmlaLane128;
extern const DotUnit kVnni512, kVnni256, kMadd512, kMadd256, kMadd128, kSdot128,
    kSmmla128, kSmull128, kBFloat512, kBfdot128, kBfmmla128;
extern const DotUnit kShortPairs256, kShortFours256, kShortPairs128,
    kShortFours128;
extern const llvm::ArrayRef<NarrowUnit> kPacks512, kPacks256, kPacks128,
    kNarrowNeon;

/// Fill the fields that selection uses from the features of the processor.
void fillX86(TargetInfo &target, HasFeature has);
void fillARM(TargetInfo &target, HasFeature has);

} // namespace mlir::lw

#endif // LW_LIB_TARGET_TARGETTABLES_H

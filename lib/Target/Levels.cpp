//===- Levels.cpp - The processors of a library for several
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Target/Target.h"
#include "lw/Target/TargetInfo.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace mlir::lw;

namespace {
struct Row {
  llvm::StringLiteral cpu, features;
};
} // namespace

// From the least to the most capable. A level is worth its code where kernels
// differ: by the width of vectors, or by an instruction that multiplies bytes.
static constexpr Row kX86[] = {{"x86-64-v2", ""},
                               {"x86-64-v3", ""},
                               {"x86-64-v4", ""},
                               {"x86-64-v4", "+avx512vnni"}};
static constexpr Row kAArch64[] = {{"generic", ""}, {"generic", "+dotprod"}};

llvm::Expected<std::vector<Level>>
mlir::lw::resolveLevels(MLIRContext *context, const TargetName &name,
                        bool freestanding) {
  if (!name.features.empty())
    return llvm::createStringError(
        "--cpu=multi has levels with features of their own, --features=%s is "
        "for one cpu",
        name.features.c_str());
  auto first = resolveTarget(context, {name.triple, "generic", ""});
  if (!first)
    return first.takeError();
  llvm::Triple triple(first->getTriple());
  if (triple.isAArch64() && (!triple.isOSLinux() || freestanding))
    return llvm::createStringError(
        "--cpu=multi: only Linux says what an AArch64 processor has; without "
        "it (%s), name one --cpu",
        freestanding ? "--freestanding" : triple.str().c_str());
  std::vector<Level> levels;
  for (const Row &row : triple.isX86() ? ArrayRef(kX86) : ArrayRef(kAArch64)) {
    auto target = resolveTarget(
        context, {triple.str(), row.cpu.str(), row.features.str()});
    if (!target)
      return target.takeError();
    levels.push_back({(row.cpu + row.features).str(), *target});
  }
  return levels;
}

WeightPanels mlir::lw::weightPanelsOf(llvm::ArrayRef<Level> levels) {
  int64_t least = 0, most = 0;
  llvm::SmallPtrSet<const DotUnit *, 4> units;
  for (const Level &level : levels) {
    MLIRContext *context = level.target.getContext();
    OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context));
    (*module)->setAttr(kTargetAttrName, level.target);
    FailureOr<TargetInfo> info = TargetInfo::get(*module);
    if (failed(info))
      continue;
    most = std::max(most, info->lanes());
    least = least ? std::min(least, info->lanes()) : info->lanes();
    units.insert(info->byteDot);
  }
  WeightPanels panels;
  if (least != most)
    panels.floats = most;
  if (units.size() > 1)
    panels.bytes = TargetInfo::kByteBlock;
  return panels;
}

//===- TargetInfo.cpp - What code generation knows of a processor
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Target/TargetInfo.h"
#include "TargetTables.h"
#include "lw/Target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace mlir::lw;

llvm::StringRef
mlir::lw::schedulingModel(const llvm::MCSubtargetInfo &subtarget) {
  auto has = [&](llvm::StringRef feature) {
    return subtarget.checkFeatures("+" + feature.str());
  };
  return subtarget.getTargetTriple().isX86() ? x86SchedulingModel(has) : "";
}

llvm::StringRef
mlir::lw::preferredVectorWidth(const llvm::MCSubtargetInfo &subtarget) {
  // LLVM prefers 256 bits on most AVX-512 machines for the sake of clock
  // speed; convolutions are dense enough in arithmetic for 512 to win.
  bool wide = subtarget.getTargetTriple().isX86() &&
              subtarget.checkFeatures("+avx512f,+avx512vl");
  return wide ? "512" : "";
}

int64_t TargetInfo::blockOf(Type type) const {
  if (type.isBF16() && bfloatMatrix)
    return std::max(lanes(), 2 * bfloatMatrix->inputs);
  return type.isInteger(8) ? kByteBlock : lanes();
}

const DotUnit *TargetInfo::unitOf(Type type) const {
  return type.isInteger(8) ? byteDot : type.isBF16() ? bfloatDot : dot;
}

FailureOr<TargetInfo> TargetInfo::get(ModuleOp module) {
  TargetAttr target = getTarget(module);
  if (!target)
    return module.emitError()
           << "expects the module attribute " << kTargetAttrName
           << "; run --lw-set-target first";
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget = createSubtarget(target);
  if (!subtarget)
    return module.emitError()
           << "LLVM does not know the processor of " << target;
  auto has = [&](llvm::StringRef feature) {
    return subtarget->checkFeatures("+" + feature.str());
  };
  TargetInfo info;
  info.cpu = target.getCpu().str();
  llvm::Triple triple(target.getTriple());
  if (triple.isX86())
    fillX86(info, has);
  else if (triple.isAArch64())
    fillARM(info, has);
  return info;
}

//===- TargetInfo.cpp - What code generation knows of a processor
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Target/TargetInfo.h"
#include "TargetTables.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir::lw;

/// The host's features as LLVM's comma-separated list.
static std::string hostFeatures() {
  std::string features;
  for (const auto &feature : llvm::sys::getHostCPUFeatures()) {
    if (!features.empty())
      features += ',';
    features += feature.second ? '+' : '-';
    features += feature.first().str();
  }
  return features;
}

llvm::StringRef
mlir::lw::schedulingModel(const llvm::MCSubtargetInfo &subtarget) {
  auto has = [&](llvm::StringRef feature) {
    return subtarget.checkFeatures("+" + feature.str());
  };
  return subtarget.getTargetTriple().isX86() ? x86SchedulingModel(has) : "";
}

std::optional<TargetInfo> TargetInfo::get(llvm::StringRef cpu,
                                          llvm::StringRef features,
                                          std::string &error) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::InitializeNativeTargetAsmParser();

  TargetInfo info;
  info.triple = llvm::sys::getProcessTriple();
  llvm::Triple triple(info.triple);
  bool isHost = cpu.empty() || cpu == "host" || cpu == "native";
  info.cpu = isHost ? llvm::sys::getHostCPUName().str() : cpu.str();
  info.features = isHost ? hostFeatures() : "";
  if (!features.empty())
    info.features += (info.features.empty() ? "" : ",") + features.str();

  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return std::nullopt;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      target->createMCSubtargetInfo(triple, info.cpu, info.features));
  if (!subtarget || !subtarget->isCPUStringValid(info.cpu)) {
    error = "unknown processor '" + info.cpu + "' for " + info.triple +
            "; 'host' and the names of 'clang -mcpu=help' are known";
    return std::nullopt;
  }
  auto has = [&](llvm::StringRef feature) {
    return subtarget->checkFeatures("+" + feature.str());
  };
  if (triple.isX86())
    fillX86(info, has);
  else if (triple.isAArch64())
    fillARM(info, has);
  return info;
}

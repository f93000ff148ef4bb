//===- Target.cpp - The processor that a module is compiled for
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Target/Target.h"
#include "lw/Dialect/IR/LwDialect.h"
#include "lw/Target/FeatureDetection.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

/// Those that kernels are made for.
void mlir::lw::initializeTargets() {
  static const bool once = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeAArch64AsmParser();
    return true;
  }();
  (void)once;
}

/// The host's features in LLVM's syntax.
static std::string hostFeatures() {
  std::vector<std::string> features;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    features.push_back((feature.second ? "+" : "-") + feature.first().str());
  llvm::sort(features);
  return llvm::join(features, ",");
}

static llvm::Triple hostTriple() {
  return llvm::Triple(
      llvm::Triple::normalize(llvm::sys::getDefaultTargetTriple()));
}

/// Fails when `features` names one that `subtarget` does not know; LLVM itself
/// would only warn.
static llvm::Error checkFeatures(const llvm::MCSubtargetInfo &subtarget,
                                 StringRef features) {
  for (StringRef feature : llvm::split(features, ',')) {
    if (feature.empty())
      continue;
    StringRef name = feature.drop_front();
    bool known = llvm::any_of(
        subtarget.getAllProcessorFeatures(),
        [&](const llvm::SubtargetFeatureKV &kv) { return name == kv.Key; });
    if ((feature.front() != '+' && feature.front() != '-') || !known)
      return createStringError(
          "unknown feature '%s' for %s: expected a comma-separated list of "
          "+name and -name, as 'llc -mattr=help' prints them",
          feature.str().c_str(), subtarget.getTargetTriple().str().c_str());
  }
  return llvm::Error::success();
}

/// What kernels are made for.
static bool isSupported(const llvm::Triple &triple) {
  // The ABIs with pointers of 32 bits are others.
  if (triple.getArch() == llvm::Triple::x86_64)
    return triple.isOSLinux() && !triple.isX32();
  return triple.getArch() == llvm::Triple::aarch64 &&
         triple.getEnvironment() != llvm::Triple::GNUILP32 &&
         (triple.isOSLinux() || triple.isOSDarwin());
}

llvm::Expected<TargetAttr> mlir::lw::resolveTarget(MLIRContext *context,
                                                   const TargetName &name) {
  initializeTargets();
  context->getOrLoadDialect<LwDialect>(); // of the attribute
  llvm::Triple host = hostTriple();
  llvm::Triple triple =
      name.triple.empty() ? host
                          : llvm::Triple(llvm::Triple::normalize(name.triple));
  bool isHost = triple.getArch() == host.getArch();
  if (!isSupported(triple))
    return createStringError(
        "target '%s' is not supported: code is made for x86-64 and AArch64 on "
        "Linux, e.g. x86_64-linux-gnu or aarch64-linux-gnu, and for "
        "aarch64-apple-darwin",
        triple.str().c_str());
  std::string error;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return createStringError("unknown target triple '%s': %s",
                             triple.str().c_str(), error.c_str());

  std::string cpu = name.cpu, features = name.features;
  if (cpu == "native" || cpu == "host" || (cpu.empty() && isHost)) {
    if (!isHost)
      return createStringError("cpu 'native' needs the host's architecture, "
                               "the target is %s",
                               triple.str().c_str());
    cpu = llvm::sys::getHostCPUName().str();
    features = hostFeatures() + (features.empty() ? "" : "," + features);
  } else if (cpu.empty()) {
    cpu = "generic";
  }
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      target->createMCSubtargetInfo(triple, "", ""));
  if (!subtarget || !subtarget->isCPUStringValid(cpu))
    return createStringError(
        "unknown cpu '%s' for %s: expected a name that 'llc -mcpu=help "
        "-march=%s' prints, e.g. native",
        cpu.c_str(), triple.str().c_str(), target->getName());
  if (llvm::Error invalid = checkFeatures(*subtarget, name.features))
    return std::move(invalid);
  // LLVM knows the names of 32-bit processors for x86-64, too.
  subtarget.reset(target->createMCSubtargetInfo(triple, cpu, features));
  if (triple.isX86() && !subtarget->checkFeatures("+64bit,+sse2"))
    return createStringError("cpu '%s' with features '%s' is no x86-64 "
                             "processor: it lacks 64-bit mode or SSE2",
                             cpu.c_str(), name.features.c_str());
  if (triple.isX86() && !subtarget->checkFeatures("-soft-float"))
    return createStringError("feature '+soft-float' leaves no vectors to "
                             "compute with");
  if (triple.isAArch64() && !subtarget->checkFeatures("+neon"))
    return createStringError("cpu '%s' with features '%s' lacks NEON, which "
                             "all code for AArch64 computes with",
                             cpu.c_str(), name.features.c_str());
  return TargetAttr::get(context, triple.str(), cpu, features);
}

std::unique_ptr<llvm::MCSubtargetInfo>
mlir::lw::createSubtarget(TargetAttr target) {
  initializeTargets();
  llvm::Triple triple(target.getTriple());
  std::string error;
  const llvm::Target *llvmTarget =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!llvmTarget)
    return nullptr;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      llvmTarget->createMCSubtargetInfo(triple, "", ""));
  if (!subtarget || !subtarget->isCPUStringValid(target.getCpu()))
    return nullptr;
  return std::unique_ptr<llvm::MCSubtargetInfo>(
      llvmTarget->createMCSubtargetInfo(triple, target.getCpu(),
                                        target.getFeatures()));
}

/// Whether the processors of an architecture differ in `feature`, and in a way
/// that generated code can come to depend on.
static bool isDetected(const llvm::Triple &triple, StringRef feature) {
  auto isNamed = [&](const auto &known) { return known.name == feature; };
  if (triple.isX86())
    return llvm::any_of(getX86Features(), isNamed);
  if (triple.isAArch64())
    return llvm::any_of(getAArch64Features(), isNamed);
  return true;
}

std::vector<std::string> mlir::lw::listFeatures(TargetAttr target) {
  llvm::Triple triple(target.getTriple());
  std::vector<std::string> names;
  if (auto subtarget = createSubtarget(target))
    for (const llvm::SubtargetFeatureKV &feature :
         subtarget->getEnabledProcessorFeatures())
      if (isDetected(triple, feature.Key))
        names.push_back(feature.Key);
  llvm::sort(names);
  return names;
}

TargetAttr mlir::lw::getTarget(ModuleOp module) {
  return module->getAttrOfType<TargetAttr>(kTargetAttrName);
}

//===- Versions.cpp - From the network to code for one processor or several
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Codegen/Profile.h"
#include "lw/Driver/Compilation.h"
#include "lw/Driver/Profile.h"
#include "lw/ExecutionEngine/Weights.h"
#include "lw/Lowering/Dispatch.h"
#include "lw/Lowering/EntryPoint.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using llvm::createStringError;

llvm::Error lw::Compilation::resolveVersions() {
  if (isMulti()) {
    auto levels =
        resolveLevels(context.get(), options.target, options.freestanding);
    if (!levels)
      return levels.takeError();
    weightPanels = weightPanelsOf(*levels);
    for (const Level &level : *levels) {
      std::string number = std::to_string(versions.size() + 1);
      versions.push_back({level.name, options.prefix + "_level" + number,
                          level.target, nullptr, nullptr});
    }
  } else {
    auto target = resolveTarget(context.get(), options.target);
    if (!target)
      return target.takeError();
    versions.push_back(
        {target->getCpu().str(), options.prefix, *target, nullptr, nullptr});
  }
  for (Version &version : versions) {
    auto machine = createTargetMachine(version.target);
    if (!machine)
      return machine.takeError();
    version.machine = std::move(*machine);
  }
  return llvm::Error::success();
}

void lw::Compilation::recordInfo() {
  Builder b(context.get());
  NamedAttrList info;
  if (!options.classNames.empty())
    info.set("labels", b.getI64IntegerAttr(options.classNames.size()));
  if (options.imageInput) {
    auto numbers = [&](ArrayRef<float> values) -> Attribute {
      return b.getArrayAttr(
          llvm::map_to_vector(values, [&](float value) -> Attribute {
            return b.getF32FloatAttr(value);
          }));
    };
    const ImagePreprocessing pixels =
        options.preprocessing.value_or(ImagePreprocessing());
    NamedAttrList image;
    image.set("scale", b.getF32FloatAttr(pixels.scale));
    image.set("mean", numbers(pixels.mean));
    image.set("std", numbers(pixels.std));
    image.set("bgr", b.getBoolAttr(pixels.bgr));
    if (options.framing.resize)
      image.set("resize", b.getStringAttr(options.framing.describeResize()));
    if (options.framing.crop)
      image.set("crop", b.getStringAttr(options.framing.describeCrop()));
    info.set("image", image.getDictionary(context.get()));
  }
  if (!info.empty())
    (*module)->setAttr(kInfoAttr, info.getDictionary(context.get()));
}

llvm::Error lw::Compilation::lower() {
  return runPhase("lower", [&]() -> llvm::Error {
    recordInfo();
    if (llvm::Error error = isMulti() ? lowerVersions()
                                      : lower(*module, versions.front(),
                                              options.profileMark != nullptr))
      return error;
    auto text = infoOf(*module, options.prefix);
    if (!text)
      return text.takeError();
    info = text->str();
    layers = listProfiledLayers(*module);
    return llvm::Error::success();
  });
}

llvm::Error lw::Compilation::lower(ModuleOp network, const Version &version,
                                   bool marks) {
  network->setAttr(kTargetAttrName, version.target);
  LowerToLLVMOptions lower;
  lower.prefix = version.prefix;
  lower.threads = getThreads();
  lower.arenaLimit = options.arenaLimit;
  lower.freestanding = options.freestanding;
  PassManager pm(context.get());
  if (failed(applyPassManagerCLOptions(pm)))
    return createStringError("conflicting --mlir flags");
  applyDefaultTimingPassManagerCLOptions(pm);
  // Verified once, at the end: after each of the passes it would take as long
  // as some of them.
  pm.enableVerifier(false);
  if (options.reference) {
    buildReferencePipeline(pm, lower);
  } else {
    KernelOptions kernels;
    kernels.threads = options.threads;
    kernels.winograd = options.winograd;
    kernels.weightPanel = weightPanels.floats;
    kernels.bytePanel = weightPanels.bytes;
    kernels.arenaLimit = options.arenaLimit;
    kernels.profile = marks;
    buildKernelPipeline(pm, kernels, lower);
  }
  if (failed(pm.run(network)) || failed(verify(network)))
    return createStringError("lowering the network to code%s%s failed",
                             isMulti() ? " for " : "",
                             isMulti() ? version.name.c_str() : "");
  return llvm::Error::success();
}

llvm::Error lw::Compilation::lowerVersions() {
  std::vector<LoweredLevel> levels;
  for (Version &version : versions) {
    version.module = module->clone();
    if (llvm::Error error =
            lower(*version.module, version, options.profileMark != nullptr))
      return error;
    auto info = infoOf(*version.module, version.prefix);
    if (!info)
      return info.takeError();
    levels.push_back({version.prefix, version.name, info->str()});
  }
  module = makeDispatch(context.get(), options.prefix, levels);
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<llvm::Module>>
lw::Compilation::makeLLVM(llvm::LLVMContext &context, Weights *weights) {
  std::unique_ptr<llvm::Module> made;
  llvm::Error error = runPhase("llvm", [&]() -> llvm::Error {
    auto result =
        lw::generateLLVM(*module, context, *versions.front().machine, weights);
    if (result && isMulti()) {
      std::vector<std::unique_ptr<llvm::Module>> parts;
      for (Version &version : versions) {
        auto part = lw::generateLLVM(*version.module, context, *version.machine,
                                     weights);
        if (!part)
          return part.takeError();
        parts.push_back(std::move(*part));
      }
      result = joinModules(std::move(*result), std::move(parts));
    }
    if (!result)
      return result.takeError();
    made = std::move(*result);
    return llvm::Error::success();
  });
  if (error)
    return std::move(error);
  return made;
}

void lw::Compilation::forgetNetwork() {
  for (Version &version : versions) {
    version.module = nullptr;
    version.target = nullptr;
  }
  trained = nullptr;
  module = nullptr;
  context.reset();
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
lw::Compilation::makeCode(llvm::Module &llvmIR, bool assembly,
                          Weights *weights) {
  std::unique_ptr<llvm::MemoryBuffer> code;
  llvm::Error error = runPhase("code", [&]() -> llvm::Error {
    auto result =
        lw::generateCode(llvmIR, *versions.front().machine, assembly, weights);
    if (!result)
      return result.takeError();
    code = std::move(*result);
    return llvm::Error::success();
  });
  if (error)
    return std::move(error);
  return code;
}

SmallVector<ModuleOp> lw::Compilation::getLowered() {
  SmallVector<ModuleOp> modules = {*module};
  for (Version &version : versions)
    if (version.module)
      modules.push_back(*version.module);
  return modules;
}

llvm::Expected<StringRef> lw::Compilation::infoOf(ModuleOp module,
                                                  StringRef prefix) {
  auto global = module.lookupSymbol<LLVM::GlobalOp>((prefix + "_info").str());
  auto text = global ? dyn_cast_or_null<StringAttr>(global.getValueOrNull())
                     : StringAttr();
  if (!text)
    return createStringError("the network has no entry point");
  return text.getValue().rtrim('\0');
}

//===- CompiledModel.cpp - A network that is ready to run
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/ExecutionEngine/CompiledModel.h"
#include "lw/Lowering/EntryPoint.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include <array>
#include <cstdlib>
#include <dlfcn.h>

using namespace mlir;
using llvm::createStringError;

void lw::CompiledModel::FreeArena::operator()(void *memory) const {
  std::free(memory);
}

lw::CompiledModel::Arena lw::CompiledModel::allocateArena() const {
  if (info.arenaBytes <= 0)
    return nullptr;
  return Arena(std::aligned_alloc(
      kArenaAlignment, llvm::alignTo(info.arenaBytes, kArenaAlignment)));
}

void lw::CompiledModel::selectShape(size_t index) {
  info.inputs = info.shapes[index].inputs;
  info.outputs = info.shapes[index].outputs;
  extents.clear();
  for (const TensorInfo &input : info.inputs)
    extents.push_back(input.shape.data());
}

std::vector<std::string> lw::CompiledModel::getClassNames() const {
  std::vector<std::string> names;
  for (int64_t i = 0; labelFunction && i < info.labels; ++i)
    names.emplace_back(labelFunction(static_cast<int32_t>(i)));
  return names;
}

/// What the names of a network's symbols end in.
static constexpr std::array<const char *, 3> kSuffixes = {"_info", "_run",
                                                          "_supported"};

/// Asks the code, by its function `NAME_supported`, whether it can run here;
/// the error says what this machine lacks of what `info` names.
static llvm::Error checkHost(const lw::ModelInfo &info, void *supported) {
  if (reinterpret_cast<int32_t (*)()>(supported)())
    return llvm::Error::success();
  std::vector<std::string> missing;
  llvm::StringMap<bool, llvm::MallocAllocator> host =
      llvm::sys::getHostCPUFeatures();
  for (const std::string &feature : info.features) {
    auto found = host.find(feature);
    if (found != host.end() && !found->second)
      missing.push_back(feature);
  }
  return createStringError(
      "the network is compiled for cpu '%s', this machine ('%s') lacks %s; "
      "compile it with --cpu=native here",
      info.cpu.c_str(), llvm::sys::getHostCPUName().str().c_str(),
      missing.empty() ? "a feature that it needs"
                      : llvm::join(missing, ", ").c_str());
}

/// Loads OpenMP's library, which code for several threads calls.
static llvm::Error loadOpenMP() {
  std::string message;
  for (const char *name : {"libomp.so.5", "libomp.so"})
    if (!llvm::sys::DynamicLibrary::LoadLibraryPermanently(name, &message))
      return llvm::Error::success();
  return createStringError(
      "running on several threads needs LLVM's OpenMP "
      "library (Debian: apt-get install libomp-22-dev): %s",
      message.c_str());
}

llvm::Expected<std::unique_ptr<lw::CompiledModel>>
lw::CompiledModel::fromObject(std::unique_ptr<llvm::MemoryBuffer> object,
                              StringRef prefix, const HostSymbols &symbols) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  if (object->getBuffer().contains("__kmpc_"))
    if (llvm::Error error = loadOpenMP())
      return std::move(error);
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  // The C and math libraries and, for threads, OpenMP.
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  (*jit)->getMainJITDylib().addGenerator(std::move(*process));
  llvm::orc::SymbolMap addresses;
  for (const auto &[name, address] : symbols)
    addresses[(*jit)->mangleAndIntern(name)] = {
        llvm::orc::ExecutorAddr::fromPtr(address),
        llvm::JITSymbolFlags::Exported};
  if (llvm::Error error = (*jit)->getMainJITDylib().define(
          llvm::orc::absoluteSymbols(std::move(addresses))))
    return std::move(error);
  if (llvm::Error error = (*jit)->addObjectFile(std::move(object)))
    return std::move(error);
  std::array<void *, 3> symbolsOf;
  for (auto [suffix, symbol] : llvm::zip_equal(kSuffixes, symbolsOf)) {
    auto address = (*jit)->lookup((prefix + suffix).str());
    if (!address)
      return address.takeError();
    symbol = address->toPtr<void *>();
  }
  auto [infoText, run, supported] = symbolsOf;
  auto info = ModelInfo::parse(static_cast<const char *>(infoText));
  if (!info)
    return info.takeError();
  if (llvm::Error error = checkHost(*info, supported))
    return std::move(error);
  LabelFunction label = nullptr;
  if (info->labels) {
    auto address = (*jit)->lookup((prefix + "_label").str());
    if (!address)
      return address.takeError();
    label = address->toPtr<LabelFunction>();
  }
  std::unique_ptr<CompiledModel> model(
      new CompiledModel(std::move(*info), reinterpret_cast<RunFunction>(run),
                        std::shared_ptr<llvm::orc::LLJIT>(std::move(*jit))));
  model->labelFunction = label;
  return model;
}

/// The prefix of the network in the library `path`: that which is called
/// `name`, or the only one.
static llvm::Expected<std::string> findPrefix(StringRef path, StringRef name) {
  auto file = llvm::object::ObjectFile::createObjectFile(path);
  if (!file)
    return file.takeError();
  auto *elf = dyn_cast<llvm::object::ELFObjectFileBase>(file->getBinary());
  if (!elf)
    return createStringError("expected an ELF shared library");
  llvm::StringSet<> names;
  for (const llvm::object::ELFSymbolRef &symbol :
       elf->getDynamicSymbolIterators()) {
    llvm::Expected<StringRef> symbolName = symbol.getName();
    if (!symbolName)
      return symbolName.takeError();
    names.insert(*symbolName);
  }
  std::vector<std::string> prefixes;
  for (const auto &name : names) {
    StringRef prefix = name.first();
    if (prefix.consume_back("_info") && names.contains((prefix + "_run").str()))
      prefixes.push_back(prefix.str());
  }
  if (prefixes.empty())
    return createStringError("expected a library made by lwc, which exports a "
                             "pair of symbols NAME_run and NAME_info");
  llvm::sort(prefixes);
  if (!name.empty() && llvm::is_contained(prefixes, name))
    return name.str();
  if (!name.empty() || prefixes.size() > 1)
    return createStringError("%s%s%sthe library holds %s%s",
                             name.empty() ? "" : "no network '",
                             name.str().c_str(), name.empty() ? "" : "'; ",
                             llvm::join(prefixes, ", ").c_str(),
                             name.empty() ? ": choose one by its name" : "");
  return prefixes.front();
}

llvm::Expected<std::unique_ptr<lw::CompiledModel>>
lw::CompiledModel::fromLibrary(StringRef path, StringRef name) {
  llvm::Expected<std::string> prefix = findPrefix(path, name);
  if (!prefix)
    return llvm::createFileError(path, prefix.takeError());
  // An absolute path, since dlopen looks for plain names in system folders.
  llvm::SmallString<128> absolute(path);
  if (std::error_code error = llvm::sys::fs::make_absolute(absolute))
    return llvm::createFileError(path, error);
  void *handle = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return createStringError("cannot load '%s': %s", path.str().c_str(),
                             dlerror());
  std::shared_ptr<void> code(handle, [](void *handle) { dlclose(handle); });
  std::array<void *, 3> symbols;
  for (auto [suffix, symbol] : llvm::zip_equal(kSuffixes, symbols))
    if (!(symbol = dlsym(handle, (*prefix + suffix).c_str())))
      return createStringError(
          "cannot load '%s': %s; libraries of older versions of lw have to be "
          "compiled again",
          path.str().c_str(), dlerror());
  auto [infoText, run, supported] = symbols;
  auto info = ModelInfo::parse(static_cast<const char *>(infoText));
  if (!info)
    return llvm::createFileError(path, info.takeError());
  if (llvm::Error error = checkHost(*info, supported))
    return llvm::createFileError(path, std::move(error));
  std::unique_ptr<CompiledModel> model(new CompiledModel(
      std::move(*info), reinterpret_cast<RunFunction>(run), std::move(code)));
  if (void *level = dlsym(handle, (*prefix + "_level").c_str());
      level && !model->info.levels.empty())
    model->cpu = reinterpret_cast<const char *(*)()>(level)();
  if (void *runShape = dlsym(handle, (*prefix + "_run_shape").c_str());
      runShape && !model->info.shapes.empty()) {
    model->runShapeFunction = reinterpret_cast<RunShapeFunction>(runShape);
    model->selectShape(0);
  }
  if (void *label = dlsym(handle, (*prefix + "_label").c_str());
      label && model->info.labels)
    model->labelFunction = reinterpret_cast<LabelFunction>(label);
  return model;
}

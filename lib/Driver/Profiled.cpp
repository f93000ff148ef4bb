//===- Profiled.cpp - Times of the layers of a network on this machine
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Codegen/Profile.h"
#include "lw/Driver/Profile.h"
#include "lw/Lowering/EntryPoint.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include <chrono>
#include <random>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

/// One random array for an input: floats of [-1, 1), bytes of all values, and 0
/// and 1 else, which any table has.
static std::vector<char> randomArray(const TensorInfo &tensor,
                                     std::minstd_rand &engine) {
  std::vector<char> bytes(tensor.numBytes());
  int64_t width = tensor.elementBytes();
  for (int64_t i = 0; i < tensor.numElements(); ++i) {
    auto number = static_cast<uint32_t>(engine());
    float real = static_cast<float>(number % 65536) / 32768 - 1;
    double wide = real;
    char *element = bytes.data() + i * width;
    if (tensor.type == "f32")
      std::memcpy(element, &real, sizeof real);
    else if (tensor.type == "f64")
      std::memcpy(element, &wide, sizeof wide);
    else if (tensor.type == "i8" || tensor.type == "ui8")
      *element = static_cast<char>(number >> 8);
    else if (llvm::StringRef(tensor.type).contains('i'))
      *element = static_cast<char>(number >> 8 & 1); // little-endian
  }
  return bytes;
}

/// Cycles a second: a chain of additions takes one each. The best of a few
/// tries, as others may have the core.
static double measureClock() {
  using Clock = std::chrono::steady_clock;
  constexpr int kTries = 20, kLoops = 20000, kUnrolled = 16;
  double best = 0;
  uint64_t sum = 0, step = 3;
  for (int i = 0; i < kTries; ++i) {
    asm volatile("" : "+r"(step));
    Clock::time_point start = Clock::now();
    for (int j = 0; j < kLoops; ++j) {
#pragma clang loop unroll(full)
      for (int k = 0; k < kUnrolled; ++k) {
        sum += step;
        asm volatile("" : "+r"(sum));
      }
    }
    std::chrono::duration<double> seconds = Clock::now() - start;
    best = std::max(best, double(kLoops) * kUnrolled / seconds.count());
  }
  return best;
}

/// Runs `model` until the least times are steady.
static llvm::Error runOften(const CompiledModel &model) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kTime(400);
  constexpr int kLeastRuns = 5;
  const ModelInfo &info = model.getInfo();
  std::minstd_rand engine;
  std::vector<std::vector<char>> arrays;
  std::vector<const void *> inputs;
  std::vector<void *> outputs;
  for (const TensorInfo &tensor : info.inputs)
    inputs.push_back(arrays.emplace_back(randomArray(tensor, engine)).data());
  for (const TensorInfo &tensor : info.outputs)
    outputs.push_back(arrays.emplace_back(tensor.numBytes()).data());
  CompiledModel::Arena arena = model.allocateArena();
  clearProfile();
  Clock::time_point start = Clock::now();
  for (int i = 0; i < kLeastRuns || Clock::now() - start < kTime; ++i) {
    beginProfiledRun();
    if (int status = model.run(inputs, outputs, arena.get()))
      return createStringError("measuring the layers: the network's code "
                               "returned %d",
                               status);
  }
  return llvm::Error::success();
}

llvm::Expected<NetworkProfile> Compilation::profile(ModuleOp network) {
  const Version &version = versions.back();
  NetworkProfile profile;
  profile.cpu = version.target.getCpu().str();
  OwningOpRef<ModuleOp> module = network.clone();
  if (llvm::Error error = lower(*module, version, /*marks=*/true))
    return std::move(error);
  profile.layers = listProfiledLayers(*module);
  profile.memoryPlan = (*module)->getAttrOfType<ArrayAttr>(kMemoryPlanAttrName);
  auto text = infoOf(*module, version.prefix);
  if (!text)
    return text.takeError();
  auto info = ModelInfo::parse(*text);
  if (!info)
    return info.takeError();
  profile.arenaBytes = info->arenaBytes;

  llvm::Triple host(llvm::sys::getProcessTriple());
  const llvm::Triple &target = version.machine->getTargetTriple();
  if (profile.layers.empty() || options.freestanding ||
      target.getArch() != host.getArch() || target.getOS() != host.getOS())
    return profile;
  llvm::LLVMContext llvmContext;
  auto llvmIR = lw::generateLLVM(*module, llvmContext, *version.machine);
  if (!llvmIR)
    return llvmIR.takeError();
  auto code = lw::generateCode(**llvmIR, *version.machine);
  if (!code)
    return code.takeError();
  auto model = CompiledModel::fromObject(
      std::move(*code), version.prefix,
      {{kProfileMark.str(), reinterpret_cast<void *>(profileMark)}});
  if (!model) {
    // Code for a more capable processor of the same architecture.
    llvm::consumeError(model.takeError());
    return profile;
  }
  if (llvm::Error error = runOften(**model))
    return std::move(error);
  profile.microseconds = profiledMicroseconds(profile.layers.size());
  profile.clockHz = measureClock();
  return profile;
}

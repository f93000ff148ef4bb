//===- SampleRuns.cpp - Values of a stepped network for many samples
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Stepping/SampleRuns.h"
#include "llvm/Support/Parallel.h"
#include "llvm/Support/Process.h"
#include <atomic>
#include <cmath>
#include <sys/mman.h>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

llvm::Expected<ValueBuffer>
ValueBuffer::create(int64_t floats, int64_t &resident, int64_t limit) {
  ValueBuffer buffer;
  int64_t bytes = floats * sizeof(float);
  if (resident + bytes <= limit) {
    buffer.memory.resize(floats);
    buffer.values = buffer.memory.data();
    buffer.resident = &resident;
    resident += bytes;
    return buffer;
  }
  int descriptor;
  llvm::SmallString<128> path;
  auto fail = [&](std::error_code error) {
    return createStringError("cannot make a temporary file of %lld bytes: %s",
                             static_cast<long long>(bytes),
                             error.message().c_str());
  };
  if (std::error_code error = llvm::sys::fs::createTemporaryFile(
          "lw-calibration", "bin", descriptor, path))
    return fail(error);
  // The name goes at once; the memory goes with the mapping.
  llvm::sys::fs::file_t file = llvm::sys::fs::convertFDToNativeFile(descriptor);
  std::error_code error = llvm::sys::fs::resize_file(descriptor, bytes);
  if (!error)
    buffer.file = std::make_unique<llvm::sys::fs::mapped_file_region>(
        file, llvm::sys::fs::mapped_file_region::readwrite, bytes, 0, error);
  for (std::error_code last :
       {llvm::sys::fs::closeFile(file), llvm::sys::fs::remove(path)})
    if (!error)
      error = last;
  if (error)
    return fail(error);
  buffer.values = reinterpret_cast<float *>(buffer.file->data());
  return buffer;
}

ValueBuffer &ValueBuffer::operator=(ValueBuffer &&other) {
  std::swap(memory, other.memory);
  std::swap(file, other.file);
  std::swap(values, other.values);
  std::swap(resident, other.resident);
  return *this;
}

ValueBuffer::~ValueBuffer() {
  if (resident)
    *resident -= memory.size() * sizeof(float);
}

void ValueBuffer::release(int64_t first, int64_t count) const {
  if (!file)
    return;
  // Pages that are inside as a whole.
  int64_t page = llvm::sys::Process::getPageSizeEstimate();
  int64_t begin = llvm::alignTo(first * sizeof(float), page);
  int64_t end = llvm::alignDown((first + count) * sizeof(float), page);
  if (begin < end)
    ::madvise(file->data() + begin, end - begin, MADV_DONTNEED);
}

llvm::Error SampleRuns::allocate(size_t value) {
  auto buffer = ValueBuffer::create(
      samples * network->getValues()[value].floats, resident, residentLimit);
  if (!buffer)
    return buffer.takeError();
  buffers[value] = std::move(*buffer);
  return llvm::Error::success();
}

llvm::Error SampleRuns::readInputs(const CalibrationSamples &source,
                                   int64_t first) {
  for (auto [input, value] : llvm::enumerate(network->getInputs())) {
    if (llvm::Error error = allocate(value))
      return error;
    const StepValue &info = network->getValues()[value];
    for (int64_t i = 0; i < samples; ++i) {
      float *values = get(value, i);
      source.read(input, first + i, values);
      if (info.isF32() &&
          !llvm::all_of(ArrayRef(values, info.elements),
                        [](float x) { return std::isfinite(x); }))
        return createStringError(
            "%s holds a NaN or an infinity: leave it out, or check how it was "
            "made and its preprocessing",
            describeSample(source, first + i).c_str());
      release(value, i, 1);
    }
  }
  return llvm::Error::success();
}

llvm::Error SampleRuns::run(size_t index, const StepCode *code) {
  const NetworkStep &step = network->getSteps()[index];
  if (!code)
    code = step.code.get();
  for (size_t value : step.outputs)
    if (llvm::Error error = allocate(value))
      return error;
  // A few samples at a time share working memory.
  constexpr int64_t kChunk = 16;
  std::atomic<int32_t> status = 0;
  llvm::parallelFor(0, llvm::divideCeil(samples, kChunk), [&](size_t chunk) {
    CompiledModel::Arena arena = code->allocateArena();
    int64_t begin = chunk * kChunk;
    for (int64_t sample = begin; sample < std::min(begin + kChunk, samples);
         ++sample) {
      SmallVector<const void *> in;
      SmallVector<void *> out;
      for (size_t value : step.inputs)
        in.push_back(get(value, sample));
      for (size_t value : step.outputs)
        out.push_back(get(value, sample));
      if (int32_t failed = code->run(in, out, arena.get()))
        status = failed;
    }
    for (size_t value : llvm::concat<const size_t>(step.inputs, step.outputs))
      release(value, begin, std::min(kChunk, samples - begin));
  });
  if (status)
    return createStringError("a compiled step returned status %d",
                             status.load());
  for (size_t value : step.inputs)
    if (network->getValues()[value].lastUse == index)
      buffers[value] = ValueBuffer();
  return llvm::Error::success();
}

SampleTail::SampleTail(const SteppedNetwork &network, const SampleRuns &start)
    : network(&network), start(&start), values(network.getValues().size()) {
  const StepCode *largest = nullptr;
  for (const NetworkStep &step : network.getSteps())
    if (!largest || step.code->getArenaBytes() > largest->getArenaBytes())
      largest = step.code.get();
  if (largest)
    arena = largest->allocateArena();
}

float *SampleTail::write(size_t value) {
  values[value].resize(network->getValues()[value].floats);
  return values[value].data();
}

llvm::Error SampleTail::run(size_t first, int64_t sample) {
  ArrayRef<NetworkStep> steps = network->getSteps();
  for (size_t index = first; index < steps.size(); ++index) {
    const NetworkStep &step = steps[index];
    SmallVector<const void *> in;
    SmallVector<void *> out;
    for (size_t value : step.inputs)
      in.push_back(values[value].empty() ? start->get(value, sample)
                                         : values[value].data());
    for (size_t value : step.outputs)
      out.push_back(write(value));
    if (int32_t failed = step.code->run(in, out, arena.get()))
      return createStringError("a compiled step returned status %d", failed);
  }
  return llvm::Error::success();
}

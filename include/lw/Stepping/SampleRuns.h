//===- SampleRuns.h - Values of a stepped network for many samples
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_STEPPING_SAMPLERUNS_H
#define LW_STEPPING_SAMPLERUNS_H

#include "lw/Stepping/Samples.h"
#include "lw/Stepping/SteppedNetwork.h"
#include "llvm/Support/FileSystem.h"

namespace mlir::lw {

/// Memory for values of many samples: in memory up to a limit, beyond it in
/// temporary files that the system pages out, so that the memory needed does
/// not grow with the number of samples.
class ValueBuffer {
public:
  /// `resident` counts the bytes held in memory by all buffers, at most
  /// `limit`.
  static llvm::Expected<ValueBuffer> create(int64_t floats, int64_t &resident,
                                            int64_t limit);
  ValueBuffer() = default;
  ValueBuffer(ValueBuffer &&other) { *this = std::move(other); }
  ValueBuffer &operator=(ValueBuffer &&other);
  ~ValueBuffer();

  float *data() { return values; }
  const float *data() const { return values; }

  /// Gives the memory of some values back where a file holds them.
  void release(int64_t first, int64_t count) const;

private:
  std::vector<float> memory;
  std::unique_ptr<llvm::sys::fs::mapped_file_region> file;
  float *values = nullptr;
  int64_t *resident = nullptr;
};

/// Runs of all samples, up to the same step. A value lives from the step that
/// writes it to the last that reads it.
class SampleRuns {
public:
  /// Buffers beyond `residentLimit` bytes in sum go to temporary files.
  SampleRuns(const SteppedNetwork &network, int64_t samples,
             int64_t residentLimit = int64_t(1) << 29)
      : network(&network), samples(samples), residentLimit(residentLimit),
        buffers(network.getValues().size()) {}

  int64_t getSamples() const { return samples; }

  /// Fills in all inputs of the network with the samples from `first` on. A
  /// value that is not finite is an error.
  llvm::Error readInputs(const CalibrationSamples &source, int64_t first = 0);

  /// A value of one sample, its elements from there on, of whatever type; the
  /// value must be alive.
  float *get(size_t value, int64_t sample) {
    return buffers[value].data() + sample * network->getValues()[value].floats;
  }
  const float *get(size_t value, int64_t sample) const {
    return const_cast<SampleRuns *>(this)->get(value, sample);
  }

  /// Says that a value of some samples is not read or written for a while.
  void release(size_t value, int64_t first, int64_t count) const {
    int64_t floats = network->getValues()[value].floats;
    buffers[value].release(first * floats, count * floats);
  }

  /// Runs step `index` for all samples on all processors, with `code` in place
  /// of the step's own, and drops the values that are not read any more.
  llvm::Error run(size_t index, const StepCode *code = nullptr);

private:
  llvm::Error allocate(size_t value);

  const SteppedNetwork *network;
  int64_t samples;
  int64_t residentLimit, resident = 0;
  std::vector<ValueBuffer> buffers;
};

/// The rest of a network for one sample, from values of a SampleRuns.
class SampleTail {
public:
  SampleTail(const SteppedNetwork &network, const SampleRuns &start);

  /// Own memory for a value that differs from the start.
  float *write(size_t value);

  /// Runs the steps from `first` on. Values written here hide those of the
  /// start.
  llvm::Error run(size_t first, int64_t sample);

  /// A value that `run` has made.
  ArrayRef<float> get(size_t value) const { return values[value]; }

private:
  const SteppedNetwork *network;
  const SampleRuns *start;
  std::vector<std::vector<float>> values;
  /// Large enough for every step.
  CompiledModel::Arena arena;
};

} // namespace mlir::lw

#endif // LW_STEPPING_SAMPLERUNS_H

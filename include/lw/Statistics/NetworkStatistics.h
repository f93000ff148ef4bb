//===- NetworkStatistics.h - What flows through a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Statistics of all tensors of a network over samples of its inputs, for what
// is fitted to data: ranges and histograms for quantization, second moments of
// the inputs of convolutions for rewriting them. They are gathered in a stream,
// in memory that does not grow with the number of samples, and kept in a file
// that only the same network accepts (docs/statistics.md).
//
//===----------------------------------------------------------------------===//

#ifndef LW_STATISTICS_NETWORKSTATISTICS_H
#define LW_STATISTICS_NETWORKSTATISTICS_H

#include "lw/Statistics/TensorStatistics.h"
#include "lw/Stepping/Samples.h"
#include "lw/Stepping/SteppedNetwork.h"

namespace mlir::lw {

/// Of which vectors the second moments of a convolution's input are.
enum class MomentKind {
  None,
  /// The channels of one pixel: Cin values.
  Channels,
  /// What one output pixel sees: KH x KW x Cin values, as a filter lies in
  /// memory; zeros where the window leaves the input.
  Patches,
};

/// The input of one convolution.
struct LayerStatistics {
  std::string name;
  /// Its input and its result among the tensors.
  size_t input = 0, output = 0;
  MomentKind kind = MomentKind::None;
  /// Why the moments are not those of patches; else empty.
  std::string note;
  /// Vectors seen, at random places.
  int64_t vectors = 0;
  /// Their mean (n) and covariance (n x n, symmetric).
  std::vector<double> mean;
  std::vector<float> covariance;
};

struct StatisticsOptions {
  /// The longest vectors whose second moments are kept, and the most vectors to
  /// take for them unless they have more than a sixteenth as many values; their
  /// memory is at most maxMoments^2 * 12 bytes for each convolution.
  int64_t maxMoments = 1152;
  int64_t vectors = 16384;
  /// Called now and then with the number of samples that are done; may be
  /// empty.
  std::function<void(int64_t done)> progress;
};

struct NetworkStatistics {
  /// See `computeFingerprint`.
  std::string fingerprint;
  /// The network in words, for messages.
  std::string network;
  /// The option `maxMoments`.
  int64_t maxMoments = 0;
  int64_t samples = 0;
  /// In the order of `listTensors`.
  std::vector<TensorStatistics> tensors;
  /// The convolutions, in program order.
  std::vector<LayerStatistics> layers;

  /// Statistics of no samples.
  static NetworkStatistics create(func::FuncOp main, int64_t maxMoments);

  /// Adds those of other samples. An error when they are of another network or
  /// of other options.
  llvm::Error merge(const NetworkStatistics &other);

  /// Writes an .npz file, which appears only when complete.
  llvm::Error save(StringRef path) const;

  /// Reads a file for the network `main`. Fails when it is no such file or is
  /// of another network.
  static llvm::Expected<NetworkStatistics> load(StringRef path,
                                                func::FuncOp main);

  /// Prints a table with a line for each tensor.
  void print(llvm::raw_ostream &os) const;
};

/// The tensors that flow through a network, constants left out: its inputs,
/// then the results of its operations in program order.
std::vector<Value> listTensors(func::FuncOp main);

/// Runs a network at the graph level over all samples. Fails when there are
/// none, and when a value of a sample or one that the network computes from it
/// is not finite. Elements that a constant of the network masks, as of scores
/// of attention, count as zeros.
llvm::Expected<NetworkStatistics>
gatherStatistics(func::FuncOp main, const CalibrationSamples &samples,
                 const CompileFunction &compile,
                 const StatisticsOptions &options = {});

} // namespace mlir::lw

#endif // LW_STATISTICS_NETWORKSTATISTICS_H

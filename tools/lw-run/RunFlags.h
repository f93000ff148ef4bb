//===- RunFlags.h - Command line of lw-run
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TOOLS_LWRUN_RUNFLAGS_H
#define LW_TOOLS_LWRUN_RUNFLAGS_H

#include "lw/Driver/ImageFlags.h"
#include "llvm/Support/Error.h"

namespace mlir::lw {

/// The flags of lw-run itself.
struct RunFlags {
  ImageFlags images;
  llvm::cl::OptionCategory dataCategory{"Input and output"};
  llvm::cl::OptionCategory statisticsCategory{"Statistics of samples"};
  llvm::cl::OptionCategory benchmarkCategory{"Measurement"};

  llvm::cl::opt<std::string> model{llvm::cl::Positional, llvm::cl::Required,
                                   llvm::cl::desc("<network>"),
                                   llvm::cl::cat(dataCategory)};
  llvm::cl::opt<std::string> name{
      "name", llvm::cl::cat(dataCategory), llvm::cl::value_desc("prefix"),
      llvm::cl::desc("Of a library of several networks that one whose C "
                     "functions have this prefix")};
  llvm::cl::list<std::string> inputs{
      "input", llvm::cl::cat(dataCategory),
      llvm::cl::value_desc("[name=]file.npy | [name=]file.npz:key"),
      llvm::cl::desc("Array for an input; by position or by name. One "
                     "file.npz holds those of all inputs by their names")};
  llvm::cl::list<std::string> imageFiles{
      "image", llvm::cl::cat(dataCategory), llvm::cl::value_desc("cat.jpg"),
      llvm::cl::desc("In place of --input: a JPEG or PNG image, once for each "
                     "sample. Prints the five best classes")};
  llvm::cl::opt<std::string> randomInput{
      "random-input", llvm::cl::cat(dataCategory), llvm::cl::ValueOptional,
      llvm::cl::value_desc("seed"),
      llvm::cl::desc("In place of --input: floats of [-1, 1), bytes of all "
                     "values, other integers below --random-limit")};
  llvm::cl::opt<int64_t> randomLimit{
      "random-limit", llvm::cl::cat(dataCategory), llvm::cl::init(2),
      llvm::cl::value_desc("N"),
      llvm::cl::desc("Integers of --random-input are 0 to N - 1, as indices "
                     "into a table of N rows are (2)")};
  llvm::cl::opt<std::string> output{
      "output", llvm::cl::cat(dataCategory),
      llvm::cl::value_desc("y.npy | y.npz"),
      llvm::cl::desc("Write the outputs; .npz where there are several. In it "
                     "control characters, / and \\ of their names become _, "
                     "and equal names get a number")};
  llvm::cl::opt<std::string> labels{
      "labels", llvm::cl::cat(dataCategory),
      llvm::cl::value_desc("file.npz:key"),
      llvm::cl::desc("Print top-1 and top-5 accuracy")};
  llvm::cl::opt<int64_t> labelOffset{
      "label-offset", llvm::cl::cat(dataCategory), llvm::cl::init(0),
      llvm::cl::value_desc("K"),
      llvm::cl::desc(
          "The network's first K classes (background) are no labels: they "
          "are left out of the ranking")};
  llvm::cl::opt<std::string> json{"json", llvm::cl::cat(dataCategory),
                                  llvm::cl::value_desc("file"),
                                  llvm::cl::desc("Write all results as JSON")};

  llvm::cl::opt<std::string> compare{
      "compare", llvm::cl::cat(dataCategory),
      llvm::cl::value_desc("original.onnx"),
      llvm::cl::desc("Print how far the result of every layer lies from that "
                     "of the layer of this name in another form of the "
                     "network, worst first, and do nothing else with the "
                     "samples: what --quantize or --separable has changed")};

  llvm::cl::opt<std::string> saveStatistics{
      "save-statistics", llvm::cl::cat(statisticsCategory),
      llvm::cl::value_desc("stats.npz"),
      llvm::cl::desc(
          "Write what flows through the network, and do nothing else with "
          "the samples unless asked (docs/statistics.md)")};
  llvm::cl::opt<std::string> statistics{
      "statistics", llvm::cl::cat(statisticsCategory),
      llvm::cl::value_desc("stats.npz"),
      llvm::cl::desc("Begin with those of an earlier run of the same network")};
  llvm::cl::opt<bool> printStatistics{
      "print-statistics", llvm::cl::cat(statisticsCategory),
      llvm::cl::desc("Print them, a line a tensor")};
  llvm::cl::opt<int64_t> maxMoments{
      "max-moments", llvm::cl::cat(statisticsCategory), llvm::cl::init(1152),
      llvm::cl::value_desc("N"),
      llvm::cl::desc(
          "Keep the covariance of what a convolution sees up to so many "
          "values, else of its channels (1152); 0 for none")};

  llvm::cl::opt<bool> benchmark{
      "benchmark", llvm::cl::cat(benchmarkCategory),
      llvm::cl::desc("Print minimum, median and p90 latency of "
                     "runs on the first sample, and do nothing "
                     "else with the samples unless asked")};
  llvm::cl::opt<bool> profile{
      "profile", llvm::cl::cat(benchmarkCategory),
      llvm::cl::desc("--benchmark, and the least time of every "
                     "layer; marks between layers cost a little")};
  llvm::cl::opt<int64_t> warmUp{
      "warm-up", llvm::cl::cat(benchmarkCategory), llvm::cl::init(5),
      llvm::cl::value_desc("N"),
      llvm::cl::desc("Runs before the measurement (5)")};
  llvm::cl::opt<int64_t> repetitions{
      "repetitions", llvm::cl::cat(benchmarkCategory), llvm::cl::init(10),
      llvm::cl::value_desc("N"),
      llvm::cl::desc("Measured runs, at least (10)")};
  llvm::cl::opt<double> minTime{
      "min-time", llvm::cl::cat(benchmarkCategory), llvm::cl::init(1.0),
      llvm::cl::value_desc("seconds"),
      llvm::cl::desc("Time of measured runs, at least (1)")};

  /// Fails on wrong combinations of flags, also where one would have no
  /// effect.
  llvm::Error check() const;

  /// Whether the network is a library that lwc made.
  bool isLibrary() const {
    return llvm::StringRef(model).ends_with_insensitive(".so");
  }
  bool hasInput() const {
    return !inputs.empty() || !imageFiles.empty() ||
           randomInput.getNumOccurrences();
  }
  bool wantsStatistics() const {
    return printStatistics || !saveStatistics.empty();
  }
  /// Whether the network is to run as a whole.
  bool wantsRuns() const {
    return !output.empty() || !labels.empty() || benchmark || profile ||
           !wantsStatistics();
  }
};

} // namespace mlir::lw

#endif // LW_TOOLS_LWRUN_RUNFLAGS_H

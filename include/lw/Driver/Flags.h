//===- Flags.h - Command line of the end-to-end tools
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_FLAGS_H
#define LW_DRIVER_FLAGS_H

#include "lw/Driver/Compilation.h"
#include "lw/Driver/ShapeFlags.h"
#include "llvm/Support/CommandLine.h"

namespace mlir::lw {

/// Takes the hundreds of flags of LLVM's passes off the command line, where
/// they are in the way of a tool's own names (`--threads`) and of its
/// suggestions for misspelt ones. Called first in `main`; MLIR's debugging
/// flags (`--mlir-...`) are put in their place.
void prepareCommandLine();

/// The flags that lwc and lw-run share. Made in `main`, between
/// `prepareCommandLine` and `parseCommandLine`.
struct CompileFlags {
  llvm::cl::OptionCategory graphCategory{"Optimization of the network"};
  llvm::cl::OptionCategory codeCategory{"Code generation"};

  llvm::cl::opt<bool> noFold{
      "no-fold", llvm::cl::cat(graphCategory),
      llvm::cl::desc("Keep batch norms apart from convolutions")};
  llvm::cl::opt<bool> noFuse{
      "no-fuse", llvm::cl::cat(graphCategory),
      llvm::cl::desc("Keep biases, residual additions and activations apart "
                     "from convolutions")};
  llvm::cl::opt<std::string> separable{
      "separable", llvm::cl::cat(graphCategory), llvm::cl::value_desc("goal"),
      llvm::cl::desc(
          "Rewrite convolutions to cheaper forms. Fitted to the samples of "
          "--calibrate under one budget: macs=2x, time=1.5x, max-error=0.05 of "
          "the outputs, max-drop=0.5 points of top-1. By the weights alone, to "
          "depthwise-separable form: exact, terms=N, weight-error=E, the "
          "options of --lw-make-separable. Not these layers: "
          ",skip=LAYER,... after it; without samples, names with commas stand "
          "in quotes")};
  /// The old name of goals by the weights alone.
  llvm::cl::opt<std::string> separate{"separate", llvm::cl::cat(graphCategory),
                                      llvm::cl::ValueOptional,
                                      llvm::cl::ReallyHidden};
  llvm::cl::opt<std::string> quantize{
      "quantize", llvm::cl::cat(graphCategory), llvm::cl::value_desc("int8"),
      llvm::cl::desc(
          "Compute with 8-bit integers, their ranges taken from the samples of "
          "--calibrate: int8, and after it ,method=error (the least squared "
          "error), minmax, percentile or entropy, ,percentile=99.99, "
          "and ,skip=LAYER,... for layers that stay in f32. Layers that f32 "
          "computes faster stay in it unless ,always is given, the most "
          "sensitive ones under ,max-error=0.01 of the outputs or "
          ",max-drop=0.5 points of top-1 (docs/quantization.md)")};
  llvm::cl::opt<std::string> savePlan{
      "save-plan", llvm::cl::cat(graphCategory), llvm::cl::value_desc("file"),
      llvm::cl::desc("Write the form and the precision that every layer got by "
                     "--separable and --quantize, as JSON to edit")};
  llvm::cl::opt<std::string> plan{
      "plan", llvm::cl::cat(graphCategory), llvm::cl::value_desc("file"),
      llvm::cl::desc("Give every layer the form and the precision that such a "
                     "file says, fitted to the samples of --calibrate")};
  llvm::cl::opt<std::string> calibrate{
      "calibrate", llvm::cl::cat(graphCategory),
      llvm::cl::value_desc("file.npy | file.npz[:key]"),
      llvm::cl::desc(
          "Samples of the network's input, without labels: floats or integers "
          "in its own layout, or uint8 images (N,H,W,C). Of several inputs a "
          ".npz with an array for each by its name")};
  llvm::cl::opt<std::string> calibrateLabels{
      "calibrate-labels", llvm::cl::cat(graphCategory),
      llvm::cl::value_desc("file.npz:key"),
      llvm::cl::desc("Classes of the samples: count the accuracy on them "
                     "before and after; --separable=max-drop=P takes the "
                     "cheapest plan that loses at most P points of top-1, "
                     "--quantize=int8,max-drop=P keeps layers in f32 until so "
                     "few are lost. "
                     "Labels fit no weights; samples that the network was "
                     "trained on promise too much")};
  llvm::cl::opt<bool> calibrateMirror{
      "calibrate-mirror", llvm::cl::cat(graphCategory),
      llvm::cl::desc("Take every image of --calibrate mirrored too; for "
                     "networks to which left and right are the same")};
  llvm::cl::opt<bool> worstFirst{
      "worst-first", llvm::cl::cat(graphCategory),
      llvm::cl::desc("Sort the layers in the report of --separable by the "
                     "change of the outputs, largest first")};
  ShapeFlags inputShapes{graphCategory};
  llvm::cl::opt<std::string> entry{
      "entry", llvm::cl::cat(graphCategory), llvm::cl::value_desc("name"),
      llvm::cl::desc("Function of an MLIR file that is the network (main, or "
                     "the only public one)")};
  llvm::cl::opt<bool> remarks{
      "remarks", llvm::cl::cat(graphCategory),
      llvm::cl::desc("Say of every linalg and tensor operation that is not "
                     "raised to tosa, and so runs as plain loops, why not")};
  llvm::cl::opt<std::string> inputType{
      "input-type", llvm::cl::cat(graphCategory), llvm::cl::value_desc("uint8"),
      llvm::cl::desc("uint8: the network takes images, N x H x W x C, and "
                     "does with their bytes what --scale, --mean, --std and "
                     "--bgr say")};
  llvm::cl::opt<bool> softmax{
      "softmax", llvm::cl::cat(graphCategory),
      llvm::cl::desc("The output, scores of classes, becomes probabilities")};
  llvm::cl::opt<std::string> classNames{
      "class-names", llvm::cl::cat(graphCategory), llvm::cl::value_desc("file"),
      llvm::cl::desc("Text with the name of a class on every line, in the "
                     "order of the output; libraries keep them: NAME_label")};
  llvm::cl::opt<std::string> embeddings{
      "embeddings", llvm::cl::cat(graphCategory), llvm::cl::value_desc("int8"),
      llvm::cl::desc("int8: store tables of embeddings as bytes with a scale "
                     "for each row, a quarter of their size")};
  llvm::cl::opt<std::string> weights{
      "weights", llvm::cl::cat(graphCategory), llvm::cl::value_desc("bf16"),
      llvm::cl::desc("bf16: round the weights of layers that wait for them, "
                     "such as fully connected ones, to bfloat16, half of their "
                     "bytes; they compute in f32 as before. bf16,all: those of "
                     "all layers, for the smallest file")};
  llvm::cl::opt<std::string> arithmetic{
      "arithmetic", llvm::cl::cat(graphCategory), llvm::cl::value_desc("bf16"),
      llvm::cl::desc("bf16: convolutions and fully connected layers multiply "
                     "bfloat16 where the processor is faster at it; sums stay "
                     "f32")};
  llvm::cl::opt<bool> printCost{
      "print-cost", llvm::cl::cat(graphCategory),
      llvm::cl::desc("Print MACs, parameters and bytes of every layer")};
  llvm::cl::opt<bool> printGraph{
      "print-ir-after-graph", llvm::cl::cat(graphCategory),
      llvm::cl::desc("Print the optimized network as MLIR")};

  llvm::cl::opt<bool> reference{
      "reference", llvm::cl::cat(codeCategory),
      llvm::cl::desc("Plain loops: slow, to compare with")};
  llvm::cl::opt<std::string> cpu{
      "cpu", llvm::cl::cat(codeCategory), llvm::cl::init("native"),
      llvm::cl::value_desc("name"),
      llvm::cl::desc("Processor to compile for, e.g. x86-64-v3 (native); lwc: "
                     "multi for several, of which the library chooses one "
                     "where it runs")};
  llvm::cl::opt<std::string> features{
      "features", llvm::cl::cat(codeCategory), llvm::cl::value_desc("+a,-b"),
      llvm::cl::desc("Features to add to or take from the processor's")};
  llvm::cl::opt<int64_t> threads{"threads", llvm::cl::cat(codeCategory),
                                 llvm::cl::init(1), llvm::cl::value_desc("N"),
                                 llvm::cl::desc("Threads to run on (1)")};
  llvm::cl::opt<bool> noWinograd{
      "no-winograd", llvm::cl::cat(codeCategory),
      llvm::cl::desc("Compute 3x3 convolutions directly: slower, rounding "
                     "errors ten times smaller")};

  /// The options, or an error that names the wrong flag. What to write in
  /// place of an old flag, and later all reports, go to `report`.
  llvm::Expected<CompileOptions> get(llvm::raw_ostream &report) const;

  /// Whether a flag is given that needs a network to compile.
  bool anyGiven() const;

private:
  /// The part of `get` about --separable, --quantize and --calibrate.
  llvm::Error getSeparable(CompileOptions &options,
                           llvm::raw_ostream &report) const;
};

/// Parses the command line of a tool; shows only the given categories in
/// --help. `overview` is the text above them. Returns false after an error,
/// which is printed.
bool parseCommandLine(int argc, char **argv, llvm::StringRef overview,
                      llvm::ArrayRef<const llvm::cl::OptionCategory *> shown);

/// Fails when a file cannot be written, before long work is done for it, or
/// when two outputs are one file. Empty paths are none.
llvm::Error checkOutputs(llvm::ArrayRef<std::string> paths);

/// The version of the reports that the tools write as JSON: it grows when an
/// entry goes or changes its meaning, not when one is added.
inline constexpr int64_t kReportSchema = 1;

/// What every report begins with: `{"schema", "lw_version", "network", "cpu",
/// "threads"}`.
llvm::json::Object beginReport(llvm::StringRef network, llvm::StringRef cpu,
                               int64_t threads);

/// Writes a report; nothing where `path` is empty.
llvm::Error writeReport(llvm::StringRef path, llvm::json::Object report);

} // namespace mlir::lw

#endif // LW_DRIVER_FLAGS_H

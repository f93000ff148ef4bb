//===- Compilation.h - One network from its file to machine code
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_COMPILATION_H
#define LW_DRIVER_COMPILATION_H

#include "lw/Analysis/CostModel.h"
#include "lw/Analysis/IntegerUse.h"
#include "lw/Codegen/UseBFloat16.h"
#include "lw/Driver/PlanFile.h"
#include "lw/ExecutionEngine/CodeGen.h"
#include "lw/ExecutionEngine/CompiledModel.h"
#include "lw/IO/Framing.h"
#include "lw/IO/Images.h"
#include "lw/Importer/Onnx.h"
#include "lw/Pipelines/Pipelines.h"
#include "lw/Statistics/NetworkStatistics.h"
#include "lw/Target/Target.h"
#include "lw/Target/TargetInfo.h"
#include "lw/Transforms/RoundWeights.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/FunctionExtras.h"
#include "llvm/Support/JSON.h"
#include <optional>

namespace mlir::lw {

/// What code for profiling calls at the end of a layer, with its index in
/// `Compilation::getLayers`.
using ProfileMark = void (*)(int32_t layer);

/// A layer as the code computes it: its name, operation and result, and what
/// it costs.
struct LayerInfo {
  std::string label;
  /// Those of the network's layers that are computed together.
  std::vector<std::string> names;
  std::string operation, kernel;
  int64_t macs = 0;
};

/// The names of a recommender's inputs that describe a user or an item.
struct TowerInputs {
  std::vector<std::string> user, item;
};

/// A network as its code computes it.
struct NetworkProfile {
  std::string cpu;
  std::vector<LayerInfo> layers;
  /// The least times of the layers; empty where the code does not run here.
  std::vector<double> microseconds;
  /// Of this machine while it ran; 0 where it did not.
  double clockHz = 0;
  int64_t arenaBytes = 0;
  /// See kMemoryPlanAttrName; null without kernels.
  ArrayAttr memoryPlan;
};

/// Everything that changes what a network is compiled to.
struct CompileOptions {
  GraphOptions graph;
  /// With cpu `multi`, the code is for several (see resolveLevels).
  TargetName target;
  /// The goal of a rewrite to cheaper forms (docs/separable.md), or empty.
  std::string separable;
  /// A plan of forms and precisions to apply, and one to write; files, or
  /// empty.
  std::string plan, savePlan;
  /// How to quantize the network (docs/quantization.md), or empty.
  std::string quantize;
  /// Samples of the network's input for both: `file.npy` or `file.npz:key`; of
  /// several inputs `file.npz` with an array for each by its name.
  std::string calibrate;
  /// Classes of the samples: `file.npz:key`, or empty.
  std::string calibrateLabels;
  /// Take every image of `calibrate` with left and right exchanged too.
  bool calibrateMirror = false;
  /// Sort the layers of its report by the change of the network's outputs.
  bool worstFirst = false;
  /// What makes uint8 images of `calibrate` an input.
  std::optional<ImagePreprocessing> preprocessing;
  /// That samples are for nothing else to take it: they have to be images.
  bool preprocessesSamples = false;
  /// The network takes uint8 images, N x H x W x C, and preprocesses them.
  bool imageInput = false;
  /// How images come to the network's size: nothing but said in its info.
  ImageFraming framing;
  /// What the classes of its output are called; empty where that is not given.
  std::vector<std::string> classNames;
  /// Make probabilities of the scores of classes.
  bool softmax = false;
  /// Prefix of the exported C functions, a C identifier.
  std::string prefix = "lw";
  /// What the file leaves open, or something else.
  InputShapes inputs;
  /// Further ones that the same library is compiled for, see Library.
  std::vector<InputShapes> moreInputs;
  /// What makes one library of a recommender's parts, see Library.
  std::optional<TowerInputs> towers;
  /// With it: of the network only this part, `user`, `item` or `score`.
  std::string part;
  /// Store embedding tables as bytes.
  bool byteTables = false;
  /// Store weights as bfloat16 where that pays (see --lw-round-weights).
  std::optional<RoundingOptions> rounding;
  /// Multiply bfloat16 where that pays (see --lw-use-bfloat16); `threads` are
  /// those of the code.
  std::optional<BFloat16Options> bfloat16;
  /// The function of MLIR that is the network; @main or the only one when
  /// empty.
  std::string entry;
  /// Plain loops in place of vectorized kernels.
  bool reference = false;
  /// Threads that the code runs on.
  int64_t threads = 1;
  /// Where Winograd kernels compute 3x3 convolutions.
  WinogradUse winograd = WinogradUse::Auto;
  /// Bytes of working memory that a run may need; negative: any number.
  int64_t arenaLimit = -1;
  /// Code that calls nothing but memcpy, memmove and memset.
  bool freestanding = false;
  /// Code that calls `mark` at the end of every layer, in this process.
  ProfileMark profileMark = nullptr;
  /// Keep what --separable and --quantize are given, for `getTrained`.
  bool keepTrained = false;
  /// Print the cost of every layer after the graph level.
  bool printCost = false;
  /// Print the IR after the graph level.
  bool printGraph = false;
  /// Where these, tables of layers and progress go; nowhere when null.
  llvm::raw_ostream *report = nullptr;
};

/// Seconds that a phase of the compilation took.
struct PhaseTime {
  std::string name;
  double seconds;
};

/// Takes one network through the phases: `load`, `optimize`, `lower`, then one
/// of the code generators. Errors that have a place in a source file are
/// emitted as diagnostics on standard error as they occur; every function also
/// returns an error that says which phase failed.
class Compilation {
public:
  /// Fails when the target or the options are invalid.
  static llvm::Expected<std::unique_ptr<Compilation>>
  create(CompileOptions options);
  ~Compilation();

  /// Reads an ONNX file or MLIR.
  llvm::Error load(StringRef path);

  /// Runs the graph pipeline.
  llvm::Error optimize();

  /// The inputs of the network, after `optimize`.
  llvm::Expected<std::vector<TensorInfo>> getInputs();

  /// Runs the network over samples and returns what flows through it, after
  /// `optimize`. Shows progress.
  llvm::Expected<NetworkStatistics>
  gatherStatistics(const CalibrationSamples &samples, int64_t maxMoments);

  /// Reads what `NetworkStatistics::save` has written for this network, after
  /// `optimize`.
  llvm::Expected<NetworkStatistics> loadStatistics(StringRef path);

  /// Graph level to the LLVM dialect. Of code for several processors the module
  /// becomes what chooses among them.
  llvm::Error lower();

  /// The network, at the level that it has reached.
  ModuleOp getModule() { return *module; }

  /// LLVM IR, optimized; after `lower`. `weights` take its large constants.
  llvm::Expected<std::unique_ptr<llvm::Module>>
  makeLLVM(llvm::LLVMContext &context, Weights *weights = nullptr);

  /// Frees the network and all constants that passes have made of it; after
  /// `makeLLVM`.
  void forgetNetwork();

  /// Object code or assembly of such IR, with the `weights` that were taken
  /// from it.
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
  makeCode(llvm::Module &llvmIR, bool assembly = false,
           Weights *weights = nullptr);

  /// The network in the LLVM dialect: what chooses among processors, and the
  /// code for each; after `lower`.
  SmallVector<ModuleOp> getLowered();

  /// The JSON text that the compiled network will say of itself; after `lower`.
  StringRef getInfoText() const { return info; }

  /// Runs and times a phase.
  llvm::Error runPhase(StringRef name, llvm::function_ref<llvm::Error()> phase);

  /// The layers that profiling tells apart, in order; after `lower`.
  const std::vector<LayerInfo> &getLayers() const { return layers; }

  /// The network before it was rewritten to cheaper forms or to integers; null
  /// where it was not, or `keepTrained` is not set.
  ModuleOp getTrained() { return trained ? *trained : ModuleOp(); }

  /// Compiles a network of the graph level, which stays as it is, for the
  /// (most capable) processor and measures its layers on random inputs where
  /// this machine can run the code.
  llvm::Expected<NetworkProfile> profile(ModuleOp network);

  /// What kernel selection knows of that processor.
  FailureOr<TargetInfo> getTargetInfo() const;

  /// All phases after `optimize`, loaded into this process.
  llvm::Expected<std::unique_ptr<CompiledModel>> jit();

  const CompileOptions &getOptions() const { return options; }
  /// LLVM's code generator for the (least capable) processor.
  llvm::TargetMachine &getMachine() { return *versions.front().machine; }
  bool isMulti() const { return options.target.cpu == kMultiCpu; }
  /// Name of the cpu that is compiled for, or `multi`.
  StringRef getCpu() const;
  /// Threads that the code runs on.
  int64_t getThreads() const { return options.reference ? 1 : options.threads; }
  const std::vector<PhaseTime> &getPhases() const { return phases; }
  double getSeconds() const;
  /// Cost of the network as it was loaded and after the graph pipeline.
  const NetworkCost &getOriginalCost() const { return original; }
  const NetworkCost &getCost() const { return cost; }
  /// What of the network computes on integers.
  const IntegerUse &getIntegerUse() const { return integerUse; }
  /// The plan of a rewrite to cheaper forms, and of one to integers.
  const std::optional<SeparableOutcome> &getSeparable() const {
    return outcome;
  }
  const std::optional<QuantizationOutcome> &getQuantization() const {
    return quantization;
  }

  /// How the weights of layers are stored, where that was chosen.
  const std::vector<StoredWeights> &getStoredWeights() const {
    return storedWeights;
  }

  /// What convolutions of floats multiply, where that was chosen.
  const std::vector<LayerArithmetic> &getArithmetic() const {
    return arithmetic;
  }

  /// `{"phases": {name: seconds}, "original": cost, "cost": cost}`, the totals
  /// of the costs only, and where they are asked for `"separable"`, the plan of
  /// a rewrite to cheaper forms, `"quantization"`, `"weights"`, and
  /// `"arithmetic"`.
  llvm::json::Object toJson() const;

private:
  /// A processor that code is made for, and the network in the LLVM dialect for
  /// it where there are several.
  struct Version {
    std::string name, prefix;
    TargetAttr target;
    std::unique_ptr<llvm::TargetMachine> machine;
    OwningOpRef<ModuleOp> module;
  };

  explicit Compilation(CompileOptions options);

  FailureOr<TargetInfo> getTargetInfo(const Version &version) const;

  /// Fills `versions`.
  llvm::Error resolveVersions();

  /// Graph level to the LLVM dialect, for one processor; with marks between
  /// layers where `marks` is set.
  llvm::Error lower(ModuleOp module, const Version &version, bool marks);

  /// The same for each of several, and what chooses among them.
  llvm::Error lowerVersions();

  /// The JSON text of `<prefix>_info` in a lowered module, or an error.
  static llvm::Expected<StringRef> infoOf(ModuleOp module, StringRef prefix);

  /// The entry function, or an error.
  llvm::Expected<func::FuncOp> getMain();

  /// Fits the network in cheaper forms to samples; part of `optimize`.
  llvm::Error rewriteSeparable();

  /// Gives layers the forms of a plan and marks those that it has in f32; part
  /// of `optimize`.
  llvm::Error applyPlan();

  /// Fits the network with the options given; part of `optimize`.
  llvm::Error fitSeparable(SeparableOptions goal);

  /// Makes the network one of integers; part of `optimize`.
  llvm::Error quantize();
  /// Whether a layer of this network gains by weights whose products can be
  /// added in 16 bits; empty where none can.
  std::function<bool(ConvolutionOpInterface)>
  gainsByShortSums(const QuantizationOptions &settings) const;

  /// Leaves of a recommender one part; part of `load`.
  llvm::Error keepPart();

  /// Makes layers multiply bfloat16; part of `optimize`.
  llvm::Error useBFloat16();

  /// What became bfloat16; part of `toJson`.
  void addRounded(llvm::json::Object &report) const;

  /// Stores weights as bfloat16; part of `optimize`.
  llvm::Error roundWeights();

  /// Puts the preprocessing of images into the network; part of `optimize`.
  llvm::Error takeImages();

  /// Adds to the network what its user wants of a classifier; part of
  /// `optimize`.
  llvm::Error completeClassifier();

  /// Records what code cannot know for the network's info; part of `lower`.
  void recordInfo();

  /// Reads the samples of `calibrate`, and their labels where there are some.
  llvm::Expected<CalibrationSamples>
  readCalibration(func::FuncOp main, std::vector<int64_t> &labels);

  CompileOptions options;
  std::unique_ptr<MLIRContext> context;
  /// At least one; from the least to the most capable.
  std::vector<Version> versions;
  /// See KernelOptions.
  WeightPanels weightPanels;
  OwningOpRef<ModuleOp> module, trained;
  /// What is asked for after `lower`.
  std::string info;
  std::vector<LayerInfo> layers;
  std::vector<PhaseTime> phases;
  NetworkCost original, cost;
  IntegerUse integerUse;
  std::vector<StoredWeights> storedWeights;
  std::vector<LayerArithmetic> arithmetic;
  /// The plan to apply.
  std::vector<PlannedLayer> plan;
  /// The precision of every layer that can be rewritten was measured.
  bool precisionsMeasured = false;
  std::optional<SeparableOutcome> outcome;
  std::optional<QuantizationOutcome> quantization;
};

} // namespace mlir::lw

#endif // LW_DRIVER_COMPILATION_H

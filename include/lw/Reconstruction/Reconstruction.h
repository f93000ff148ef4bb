//===- Reconstruction.h - Cheaper networks under one budget, fitted to data
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Rewrites the convolutions of a trained network to cheaper forms so that the
// network's outputs change little, with unlabelled samples and without
// gradients:
//
// 1. Measure. For each layer and candidate form: fit it to the layer's own
//    inputs and outputs, then run the rest of the network with it and measure
//    how far the outputs move. That is the penalty; its cost is MACs or
//    measured time.
// 2. Allocate. The forms of all layers that keep the budget at the least sum of
//    penalties.
// 3. Reconstruct. From the first layer to the last, each layer is fitted to
// what
//    the *original* layer computes on the original network, given the inputs
//    that it gets in the *rewritten* network (He et al., Channel Pruning for
//    Accelerating Very Deep Neural Networks, 2017, section 3; Zhang et al.,
//    2016, section 3.3), the residual of the rewritten network taken into
//    account. Layers that keep their form are refitted too. Before a ReLU only
//    the values that pass count (Zhang et al., 2016, section 3.2).
//
//===----------------------------------------------------------------------===//

#ifndef LW_RECONSTRUCTION_RECONSTRUCTION_H
#define LW_RECONSTRUCTION_RECONSTRUCTION_H

#include "lw/IO/Images.h"
#include "lw/Separable/Form.h"
#include "lw/Stepping/Samples.h"
#include "lw/Stepping/SteppedNetwork.h"
#include "llvm/Support/JSON.h"

namespace mlir::lw {

/// Reads samples for the one input of `main` from `file.npy` or `file.npz:key`:
/// f32 in its own layout, any number in the first extent, or uint8 images
/// (N,H,W,C), to which `preprocessing` applies. With `mirror` every image is
/// also there with left and right exchanged; with `imagesOnly` samples of
/// another kind are an error.
llvm::Expected<CalibrationSamples>
readSamples(StringRef path, func::FuncOp main,
            const std::optional<ImagePreprocessing> &preprocessing = {},
            bool mirror = false, bool imagesOnly = false);

/// Reads the classes of `samples` from `file.npy` or `file.npz:key`, as many as
/// the outputs of `main` need.
llvm::Expected<std::vector<int64_t>>
readLabels(StringRef path, func::FuncOp main,
           const CalibrationSamples &samples);

/// What to reach.
enum class SeparableGoal {
  /// The network's MACs divided by `SeparableOptions::target`.
  Macs,
  /// The network's time on one thread divided by `target`, as measured.
  Time,
  /// The least MACs with a predicted relative error of the outputs of at most
  /// `target`.
  Error,
  /// The least MACs at which at most `target` points of top-1 are lost on
  /// labelled samples.
  Drop,
  /// The forms of `SeparableOptions::forms`.
  Plan,
};

/// The form of a layer as reports call it.
struct LayerForm {
  std::string layer, form;
};

/// Makes the convolutions of a function integer ones, but for those marked to
/// stay in f32, with numbers that are right for its time alone. With `border`
/// its inputs and results are integers too, where they can be.
using IntegerFunction =
    std::function<llvm::Error(func::FuncOp main, bool border)>;

struct SeparableOptions {
  SeparableGoal goal = SeparableGoal::Macs;
  double target = 1;
  /// The goal as it was written, for reports.
  std::string text;
  /// Layers that keep their form, by name; a name with commas is as many
  /// pieces.
  std::vector<std::string> skip;
  /// Classes of the samples: accuracy is counted on them, and the goal Drop
  /// chooses a plan by it. Never used to fit.
  std::vector<int64_t> labels;
  /// The network is quantized afterwards: with the goal Time the precision of a
  /// layer is chosen together with its form, and layers that are faster or
  /// better in f32 are marked to stay so. May be empty.
  IntegerFunction makeIntegers;
  /// With the goal Plan; other layers keep their form.
  std::vector<LayerForm> forms;
  /// Layers that are not to be quantized, by name.
  std::vector<std::string> skipIntegers;
  /// Samples on which penalties are measured.
  int64_t measuredSamples = 64;
  /// Patches to which a layer is fitted, at least; more for layers with more
  /// than 512 weights an output channel.
  int64_t patches = 98304;
  /// Rounds of fitting through the activation.
  int activationRounds = 2;
  FitOptions fit;
  /// How strongly the filter of a layer is drawn towards the original one when
  /// it is fitted, relative to the mean variance of its inputs.
  double prior = 0.03;
  /// Called now and then with what is done; may be empty.
  std::function<void(StringRef phase, size_t done, size_t all)> progress;
};

/// Parses `macs=2x`, `time=1.5x`, `max-error=0.05` or `max-drop=0.5`, and
/// `,skip=LAYER,LAYER` after it.
llvm::Expected<SeparableOptions> parseSeparableOptions(StringRef text);

/// What became of one layer.
struct LayerOutcome {
  std::string name, form;
  bool isRewritten = false;
  /// `int8` or `f32` where it was chosen, else empty.
  std::string precision;
  int64_t macsBefore = 0, macsAfter = 0;
  /// Measured seconds for one sample, with the goal Time only.
  double timeBefore = 0, timeAfter = 0;
  /// Relative error of the layer alone, on original inputs; after
  /// reconstruction, on rewritten inputs.
  double localError = 0, error = 0;
  /// Relative change of the network's outputs when this layer alone changes.
  double penalty = 0;
  std::string note;
};

/// Top-1 on the labelled samples, in percent.
struct SeparableAccuracy {
  int64_t samples = 0;
  double before = 0;
  /// Of the rewritten network, which is fitted to the same samples (without
  /// their labels).
  double after = 0;
  /// With the goal Drop: points lost by fits to the other half of the samples.
  std::optional<double> heldOutDrop;
};

/// A plan that could have been chosen: how many times fewer MACs or less time
/// (with the goal Time) at which predicted change of the outputs.
struct TradeOff {
  double gain = 1, predictedError = 0;
};

/// What became of a network.
struct SeparableOutcome {
  /// The goal as it was written.
  std::string goal;
  int64_t samples = 0;
  std::vector<LayerOutcome> layers;
  /// Of the whole network: all its convolutions.
  int64_t macsBefore = 0, macsAfter = 0;
  /// Seconds of the whole network, measured, with the goal Time only. The sum
  /// over its layers is what was predicted.
  double timeBefore = 0, timeAfter = 0;
  /// Relative change of the outputs, predicted (the sum of penalties) and found
  /// on the measured samples.
  double predictedError = 0, error = 0;
  bool feasible = true;
  /// Plans from the network as it is to the cheapest.
  std::vector<TradeOff> curve;
  /// Where there are labels.
  std::optional<SeparableAccuracy> accuracy;
  /// When not feasible: what was wanted and what the nearest is.
  std::string message;
  /// When the outputs change so much that accuracy will suffer.
  std::string warning;
};

/// Rewrites `main`, a network at the graph level after the graph pipeline.
llvm::Expected<SeparableOutcome>
reconstructSeparable(func::FuncOp main, const CalibrationSamples &samples,
                     const CompileFunction &compile, SeparableOptions options);

/// Prints the plan as a table, in program order or by the change of the
/// network's outputs with the largest first; says what its columns mean and
/// where the network stands.
void printOutcome(llvm::raw_ostream &os, const SeparableOutcome &outcome,
                  bool worstFirst = false);
llvm::json::Object toJson(const SeparableOutcome &outcome);

} // namespace mlir::lw

#endif // LW_RECONSTRUCTION_RECONSTRUCTION_H

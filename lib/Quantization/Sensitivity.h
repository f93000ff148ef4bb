//===- Sensitivity.h - What each rounding does to the outputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_QUANTIZATION_SENSITIVITY_H
#define LW_LIB_QUANTIZATION_SENSITIVITY_H

#include "Simulation.h"
#include "lw/Quantization/Quantization.h"

namespace mlir::lw {

/// How far the outputs move, relative to their variance, when one value or the
/// weights of one layer alone are rounded. Roundings of different places are
/// independent: what they do adds up.
struct Sensitivity {
  llvm::DenseMap<Value, double> values;
  llvm::DenseMap<Operation *, double> weights;

  /// The sum of all that a plan rounds.
  double predict(func::FuncOp main, const QuantPlan &plan) const;
};

/// Measures what the plan of `simulation` rounds, one after the other.
llvm::Expected<Sensitivity>
measureSensitivity(const Simulation &simulation,
                   const CalibrationSamples &samples,
                   const QuantizationOptions &options);

/// Adds layers to `skipped` until a plan without them is predicted to move the
/// outputs by at most `limit`: those first that gain most for the MACs that
/// they compute in f32. Returns what each has gained.
llvm::MapVector<Operation *, double>
keepSensitive(func::FuncOp main, const ElementFunctions &functions,
              const Sensitivity &sensitivity, double limit,
              llvm::DenseSet<Operation *> &skipped);

/// At most `count` of the samples, evenly spread: files may be sorted.
/// `samples` has to live as long as the result.
CalibrationSamples spreadSamples(const CalibrationSamples &samples,
                                 int64_t count);

} // namespace mlir::lw

#endif // LW_LIB_QUANTIZATION_SENSITIVITY_H

//===- PlanTimer.h - The time of networks and of their layers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_RECONSTRUCTION_PLANTIMER_H
#define LW_LIB_RECONSTRUCTION_PLANTIMER_H

#include "Measure.h"
#include <map>

namespace mlir::lw {

/// Seconds of one run of a layer in a form, by the layer's shape. With
/// `makeIntegers` on integers, which it also takes and gives.
class LayerTimer {
public:
  llvm::Expected<double> time(const SteppedNetwork &network,
                              const NetworkStep &step,
                              const LayerProblem &problem, FormChoice choice,
                              const IntegerFunction &makeIntegers = {});

private:
  std::map<std::vector<int64_t>, double> known;
};

/// Seconds of one run of a network as it is and with a plan, measured in turns
/// so that whatever slows the machine down slows both.
struct PlanTime {
  double before = 0, after = 0;
};

/// Measures `main` with the forms `chosen` for `layers`, on integers where they
/// say so, with all that surrounds those. The whole
/// network takes another time than its layers apart: values are in other
/// caches, layers run together, and there is more than convolutions.
llvm::Expected<PlanTime> timePlan(func::FuncOp main,
                                  const CompileFunction &compile,
                                  ArrayRef<MeasuredLayer> layers,
                                  ArrayRef<size_t> chosen,
                                  const IntegerFunction &makeIntegers);

} // namespace mlir::lw

#endif // LW_LIB_RECONSTRUCTION_PLANTIMER_H

//===- PlanTimer.h - The time of a network with a plan
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_RECONSTRUCTION_PLANTIMER_H
#define LW_LIB_RECONSTRUCTION_PLANTIMER_H

#include "Measure.h"
#include "TimedRun.h"
#include <map>

namespace mlir::lw {

/// Seconds of one run of a network as it is and with a plan, measured in turns
/// so that whatever slows the machine down slows both.
struct PlanTime {
  double before = 0, after = 0;
};

/// Measures a network with plans for `layers`. The whole network takes another
/// time than its layers apart: values are in other caches, layers run together,
/// and there is more than convolutions.
class PlanTimer {
public:
  static llvm::Expected<PlanTimer> create(func::FuncOp main,
                                          const CompileFunction &compile,
                                          ArrayRef<MeasuredLayer> layers,
                                          const IntegerFunction &makeIntegers);

  /// Measures the network with the forms `chosen`, on integers where they say
  /// so, with all that surrounds those. A plan is measured once.
  llvm::Expected<PlanTime> time(ArrayRef<size_t> chosen);

private:
  PlanTimer(func::FuncOp main, const CompileFunction &compile,
            ArrayRef<MeasuredLayer> layers, const IntegerFunction &makeIntegers)
      : main(main), compile(&compile), layers(layers),
        makeIntegers(&makeIntegers) {}

  func::FuncOp main;
  const CompileFunction *compile;
  ArrayRef<MeasuredLayer> layers;
  const IntegerFunction *makeIntegers;
  std::optional<TimedRun> asTrained;
  std::map<std::vector<size_t>, PlanTime> known;
};

} // namespace mlir::lw

#endif // LW_LIB_RECONSTRUCTION_PLANTIMER_H

//===- BatchPlan.h - The runs of functions that are a run of a network ----===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LOWERING_BATCHPLAN_H
#define LW_LOWERING_BATCHPLAN_H

#include "lw/Lowering/EntryPoint.h"
#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace mlir::lw {

/// A stretch of a network: a function that is run for one part of the batch
/// after another.
struct BatchStage {
  std::string function = kEntryFunction.str();
  int64_t runs = 1;
  /// Threads that share the runs, each with an arena of its own.
  int64_t parts = 1;
  /// What the arguments of the function are, but for the arena: indices into
  /// the arrays of the plan.
  SmallVector<int64_t> arrays;
  /// Bytes of the arena of a part, and where that of the first begins.
  int64_t arenaBytes = 0, arenaOffset = 0;
};

/// An input or output, or a value that one stage hands to another, of the whole
/// batch.
struct BatchArray {
  SmallVector<int64_t> shape;
  Type type;          // of its elements
  int64_t offset = 0; // in the arena, of what is between stages

  int64_t bytes() const;
};

/// How a batch is computed, in one stage or several.
struct BatchPlan {
  /// Inputs, then outputs, then what is between stages.
  SmallVector<BatchArray> arrays;
  size_t edges = 0; // inputs and outputs
  SmallVector<BatchStage> stages;

  /// As `lw.entry` of the module says; one run of `@main` where it says
  /// nothing.
  static BatchPlan get(ModuleOp module);
  /// `entry` with this plan.
  DictionaryAttr addTo(DictionaryAttr entry) const;
  /// Whether threads share the runs of `function`.
  bool sharesRuns(StringRef function) const;
  /// Places what is between stages and the arenas of stages in one, and returns
  /// its bytes.
  int64_t placeArenas();
};

} // namespace mlir::lw

#endif // LW_LOWERING_BATCHPLAN_H

//===- RunFlags.cpp - Command line of lw-run
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "RunFlags.h"

using namespace mlir::lw;
using llvm::createStringError;
using llvm::StringRef;

llvm::Error RunFlags::check() const {
  if (!statistics.empty() && !wantsStatistics())
    return createStringError("--statistics is for --print-statistics or "
                             "--save-statistics, which continues them");
  bool needsInput = statistics.empty() || wantsRuns();
  bool bothInputs = !inputs.empty() && randomInput.getNumOccurrences();
  if (bothInputs || (needsInput && !hasInput()))
    return createStringError("give either --input or --random-input");
  if (maxMoments < 0)
    return createStringError("--max-moments: expected at least 0");
  uint64_t seed;
  if (!randomInput.empty() && StringRef(randomInput).getAsInteger(10, seed))
    return createStringError("--random-input: expected a seed, a number, found "
                             "'%s'",
                             randomInput.c_str());
  if (labelOffset < 0)
    return createStringError("--label-offset: expected at least 0");
  if (warmUp < 0 || repetitions < 1 || !(minTime >= 0))
    return createStringError("--warm-up and --min-time: expected at least 0; "
                             "--repetitions: at least 1");
  return llvm::Error::success();
}

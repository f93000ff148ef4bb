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
  if (!name.empty() && !isLibrary())
    return createStringError("--name is for libraries of several networks");
  if (!statistics.empty() && !wantsStatistics())
    return createStringError("--statistics is for --print-statistics or "
                             "--save-statistics, which continues them");
  if (maxMoments.getNumOccurrences() &&
      (!wantsStatistics() || !statistics.empty()))
    return createStringError("--max-moments is for new statistics: give "
                             "--save-statistics or --print-statistics, and no "
                             "--statistics");
  if (labelOffset.getNumOccurrences() && labels.empty())
    return createStringError("--label-offset is for --labels");
  if ((warmUp.getNumOccurrences() || repetitions.getNumOccurrences() ||
       minTime.getNumOccurrences()) &&
      !benchmark && !profile)
    return createStringError("--warm-up, --repetitions and --min-time are for "
                             "--benchmark and --profile");
  if (!inputs.empty() + !imageFiles.empty() +
          (randomInput.getNumOccurrences() > 0) >
      1)
    return createStringError("give one of --input, --image and --random-input");
  if ((images.resize.getNumOccurrences() || images.crop.getNumOccurrences()) &&
      imageFiles.empty())
    return createStringError("--resize and --crop are for --image");
  if (!compare.empty() && (isLibrary() || wantsStatistics() || benchmark ||
                           profile || !output.empty() || !labels.empty()))
    return createStringError(
        "--compare is for a network that is not compiled yet, and without "
        "--output, --labels, --benchmark, --profile and statistics");
  if (maxMoments < 0)
    return createStringError("--max-moments: expected at least 0");
  uint64_t seed;
  if (!randomInput.empty() && StringRef(randomInput).getAsInteger(10, seed))
    return createStringError("--random-input: expected a seed, a number, found "
                             "'%s'",
                             randomInput.c_str());
  if (randomLimit.getNumOccurrences() && !randomInput.getNumOccurrences())
    return createStringError("--random-limit is for --random-input");
  if (randomLimit < 1)
    return createStringError("--random-limit: expected at least 1");
  if (labelOffset < 0)
    return createStringError("--label-offset: expected at least 0");
  if (warmUp < 0 || repetitions < 1 || !(minTime >= 0))
    return createStringError("--warm-up and --min-time: expected at least 0; "
                             "--repetitions: at least 1");
  return llvm::Error::success();
}

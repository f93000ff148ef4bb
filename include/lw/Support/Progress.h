//===- Progress.h - How far a long loop is
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_SUPPORT_PROGRESS_H
#define LW_SUPPORT_PROGRESS_H

#include "llvm/ADT/StringRef.h"
#include <chrono>
#include <cstdint>
#include <string>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir::lw {

/// Says how far a loop is that takes longer than 2 s, and how
/// long it will take: on a terminal in one line that is overwritten, else (in a
/// log) in a line every ten seconds.
class Progress {
public:
  explicit Progress(llvm::raw_ostream &os);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// `done` of `total` parts of `task` are done. Another task than the last, or
  /// less done than before, begins a loop of its own.
  void update(llvm::StringRef task, int64_t done, int64_t total);

private:
  using Clock = std::chrono::steady_clock;

  llvm::raw_ostream &os;
  bool terminal;
  bool shown = false;
  std::string task;
  int64_t last = 0;
  Clock::time_point start;
  double next = 0;
};

} // namespace mlir::lw

#endif // LW_SUPPORT_PROGRESS_H

//===- Progress.h - How far a long loop is
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_SUPPORT_PROGRESS_H
#define LW_SUPPORT_PROGRESS_H

#include <chrono>
#include <cstdint>
#include <string>

namespace mlir::lw {

/// Says on standard error how far a loop is that takes longer than 2 s: on a
/// terminal in one line that is overwritten, else in a line every ten seconds.
class Progress {
public:
  /// `units` is what the loop counts, such as `runs`.
  Progress(std::string units, int64_t total);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  void update(int64_t done);

private:
  std::string units;
  int64_t total;
  bool terminal;
  bool shown = false;
  std::chrono::steady_clock::time_point start;
  double next = 2.0;
};

} // namespace mlir::lw

#endif // LW_SUPPORT_PROGRESS_H

//===- Progress.cpp - How far a long loop is
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/Progress.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir::lw;

Progress::Progress(llvm::raw_ostream &os)
    : os(os), terminal(os.is_displayed()) {}

Progress::~Progress() {
  if (shown && terminal)
    os << '\n';
}

void Progress::update(llvm::StringRef newTask, int64_t done, int64_t total) {
  Clock::time_point now = Clock::now();
  if (newTask != task || done < last) {
    task = newTask.str();
    start = now;
    next = 2;
  }
  last = done;
  double seconds = std::chrono::duration<double>(now - start).count();
  if (seconds < next || done <= 0 || done >= total)
    return;
  next = seconds + (terminal ? 0.5 : 10.0);
  shown = true;
  double left = seconds * static_cast<double>(total - done) / done;
  os << (terminal ? "\r" : "") << task << ": " << done << " of " << total
     << llvm::format(", %.0f s left", left) << (terminal ? "    " : "\n");
}

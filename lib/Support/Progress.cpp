//===- Progress.cpp - How far a long loop is
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/Progress.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir::lw;
using Clock = std::chrono::steady_clock;

Progress::Progress(std::string units, int64_t total)
    : units(std::move(units)), total(total),
      terminal(llvm::sys::Process::StandardErrIsDisplayed()),
      start(Clock::now()) {}

Progress::~Progress() {
  if (shown && terminal)
    llvm::errs() << '\n';
}

void Progress::update(int64_t done) {
  double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (seconds < next || done == total)
    return;
  next = seconds + (terminal ? 0.5 : 10.0);
  shown = true;
  double left =
      seconds / static_cast<double>(done) * static_cast<double>(total - done);
  llvm::errs() << (terminal ? "\r" : "") << done << " of " << total << ' '
               << units << llvm::format(", %.0f s left", left)
               << (terminal ? "   " : "\n");
}

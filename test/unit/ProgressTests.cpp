//===- ProgressTests.cpp - How far a long loop is
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/Progress.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <thread>

using namespace mlir::lw;

TEST(Progress, APlainLineInALog) {
  std::string text;
  {
    llvm::raw_string_ostream stream(text);
    Progress progress(stream);
    progress.update("runs", 1, 10);
    std::this_thread::sleep_for(std::chrono::milliseconds(2200));
    progress.update("runs", 9, 18);
    // No sooner than ten seconds after a line, and not at the end.
    progress.update("runs", 10, 18);
    progress.update("runs", 18, 18);
    // A task of its own begins again.
    progress.update("layers", 1, 2);
  }
  EXPECT_TRUE(text == "runs: 9 of 18, 2 s left\n" ||
              text == "runs: 9 of 18, 3 s left\n")
      << text;
}

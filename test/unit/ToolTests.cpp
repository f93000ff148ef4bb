//===- ToolTests.cpp - Fatal errors end in one message and an exit status
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/OutputFile.h"
#include "lw/Support/Tool.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <csignal>
#include <cstdint>
#include <new>

using namespace mlir::lw;

/// Does what goes wrong as a tool would.
static void runTool(llvm::function_ref<void()> body) {
  int argc = 1;
  char program[] = "program";
  char *arguments[] = {program, nullptr};
  char **argv = arguments;
  Tool tool(argc, argv, "lw-test");
  body();
}

TEST(Tool, FatalErrorsAreMessages) {
  EXPECT_EXIT(runTool([] { llvm::report_fatal_error("no such thing", false); }),
              ::testing::ExitedWithCode(ExitFailure),
              "^lw-test: error: no such thing\n$");
  EXPECT_EXIT(runTool([] { llvm::report_fatal_error("a bad register"); }),
              ::testing::ExitedWithCode(ExitInternal),
              "^lw-test: error: a bad register\nThis is a fault in lw, not in "
              "the network; [^\n]*\n$");
}

TEST(Tool, ExhaustedMemoryIsAMessage) {
  EXPECT_EXIT(runTool([] {
                // More than any address space.
                volatile size_t size = SIZE_MAX / 2;
                void *memory = ::operator new(size);
                ::operator delete(memory);
              }),
              ::testing::ExitedWithCode(ExitFailure),
              "^lw-test: error: out of memory\n$");
}

TEST(Tool, TemporaryFilesGoWithFatalErrors) {
  llvm::SmallString<128> folder;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("tool", folder));
  std::string path = (folder + "/x").str();
  EXPECT_EXIT(runTool([&] {
                llvm::consumeError(
                    writeOutput(path, [](llvm::raw_ostream &) -> llvm::Error {
                      llvm::report_fatal_error("while it writes");
                    }));
              }),
              ::testing::ExitedWithCode(ExitInternal), "while it writes");
  std::error_code error;
  EXPECT_EQ(llvm::sys::fs::directory_iterator(folder, error),
            llvm::sys::fs::directory_iterator());
  EXPECT_FALSE(llvm::sys::fs::remove_directories(folder));
}

TEST(Tool, CrashesDoNotPointToLLVM) {
  EXPECT_EXIT(runTool([] { raise(SIGSEGV); }),
              ::testing::KilledBySignal(SIGSEGV),
              "^The tool has crashed. This is a fault in lw");
}

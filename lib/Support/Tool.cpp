//===- Tool.cpp - What the main function of every tool begins and ends with
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/Tool.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>
#include <cstring>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <unistd.h>

using namespace mlir::lw;

/// Writes without memory, of which there may be none.
static void print(const char *text) {
  // Nothing can be done where even this fails.
  ssize_t ignored = write(STDERR_FILENO, text, std::strlen(text));
  (void)ignored;
}

static void printError(void *name, const char *reason) {
  print(static_cast<const char *>(name));
  print(": error: ");
  print(reason);
  print("\n");
}

/// Ends the process; temporary files go.
[[noreturn]] static void leave(ExitCode code) {
  llvm::sys::RunInterruptHandlers();
  _exit(code);
}

static void handleFatalError(void *name, const char *reason, bool isInternal) {
  printError(name, reason);
  if (!isInternal)
    leave(ExitFailure);
  print("This is a fault in lw, not in the network; please report it with the "
        "command and the network.\n");
  leave(ExitInternal);
}

static void handleBadAlloc(void *name, const char *, bool) {
  printError(name, "out of memory");
  leave(ExitFailure);
}

/// Blocks of this many bytes go back to the system when they are freed. By
/// default the first of them that is freed makes glibc keep such blocks, and a
/// network's weights, which are of all sizes and go one by one, would leave
/// holes that nothing fits.
static constexpr int kReturnedBytes = 1 << 20;
/// So many free bytes at a heap's end stay for what is wanted next.
static constexpr int kKeptBytes = 1 << 24;

Tool::Tool(int &argc, char **&argv, const char *name)
    : name(name), init(argc, argv) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, kReturnedBytes);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
#endif
  void *cookie = const_cast<char *>(name);
  llvm::install_fatal_error_handler(handleFatalError, cookie);
  llvm::install_bad_alloc_error_handler(handleBadAlloc, cookie);
  llvm::setBugReportMsg(
      "The tool has crashed. This is a fault in lw, not in the network; please "
      "report it with the command, the network and what follows.\n");
  // A limit on the size of files is an error of a write like a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
}

int Tool::reportError(llvm::Error error, ExitCode code) const {
  llvm::handleAllErrors(std::move(error), [&](const llvm::ErrorInfoBase &info) {
    llvm::WithColor::error(llvm::errs(), name) << info.message() << '\n';
  });
  if (code == ExitUsage)
    llvm::errs() << "See " << name << " --help.\n";
  return code;
}

int Tool::finish(int code) const {
  llvm::raw_fd_ostream &out = llvm::outs();
  out.flush();
  std::error_code error = out.error();
  if (!error)
    return code;
  // Else the stream's destructor ends the process.
  out.clear_error();
  printError(const_cast<char *>(name),
             ("cannot write the standard output: " + error.message()).c_str());
  return code ? code : ExitFailure;
}

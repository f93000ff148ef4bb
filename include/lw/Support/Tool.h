//===- Tool.h - What the main function of every tool begins and ends with
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_SUPPORT_TOOL_H
#define LW_SUPPORT_TOOL_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/InitLLVM.h"

namespace mlir::lw {

/// Exit status of a tool: wrong input, a wrong command line, a fault in lw.
enum ExitCode {
  ExitSuccess = 0,
  ExitFailure = 1,
  ExitUsage = 2,
  ExitInternal = 70
};

/// Made first in `main`. Fatal errors of LLVM and exhausted memory become one
/// message and an exit status; no temporary file stays behind.
class Tool {
public:
  /// `name` stands before messages and must outlive the process' last one.
  Tool(int &argc, char **&argv, const char *name);

  /// Prints `tool: error: ...` and returns `code`.
  int reportError(llvm::Error error, ExitCode code = ExitFailure) const;

  /// The exit status after `code`: that of a failure when the standard output
  /// took not all of what was printed.
  int finish(int code) const;

private:
  const char *name;
  llvm::InitLLVM init;
};

} // namespace mlir::lw

#endif // LW_SUPPORT_TOOL_H

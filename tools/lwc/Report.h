//===- Report.h - What lwc says of a compilation
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TOOLS_LWC_REPORT_H
#define LW_TOOLS_LWC_REPORT_H

#include "lw/Driver/Library.h"

namespace mlir::lw {

/// What there is to say of code, beyond the network's cost.
struct CodeSizes {
  SectionBytes sections;
  int64_t arenaBytes = 0;
};

/// What was written.
struct Written {
  uint64_t fileBytes = 0;
  /// Of code, where there is some.
  std::optional<CodeSizes> sizes;
};

/// Prints the cost of the networks, sizes and times.
void printReport(llvm::raw_ostream &os, Library &library,
                 llvm::StringRef output, const Written &written);

/// The same as an entry `compilation`, or several as `compilations`.
void addToReport(llvm::json::Object &report, const Library &library);

} // namespace mlir::lw

#endif // LW_TOOLS_LWC_REPORT_H

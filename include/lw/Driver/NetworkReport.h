//===- NetworkReport.h - A network layer by layer, for people to look at
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_NETWORKREPORT_H
#define LW_DRIVER_NETWORKREPORT_H

#include "lw/Driver/Compilation.h"

namespace mlir::lw {

/// The layers of a network before and after, the kernels that compute it and
/// its memory plan, as docs/report.schema.json says; after `optimize` and
/// before `lower`. Compiles the network once more, and once as trained where it
/// is rewritten, and measures both where this machine runs the code.
llvm::Expected<llvm::json::Object> describeNetwork(Compilation &compilation);

/// Fails where the ending of `path` is neither .html nor .json.
llvm::Error checkReportPath(StringRef path);

/// Writes a report with what `describeNetwork` has found: as JSON, or a page
/// that shows it and needs no other file. Nothing where `path` is empty.
llvm::Error writeDetailedReport(StringRef path, llvm::json::Object report);

} // namespace mlir::lw

#endif // LW_DRIVER_NETWORKREPORT_H

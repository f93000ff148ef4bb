//===- ReportPage.cpp - A page that shows a report
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Flags.h"
#include "lw/Driver/NetworkReport.h"
#include "lw/Support/OutputFile.h"
#include "llvm/Support/FormatVariadic.h"

/// report.html with its style and script, and `@data@` where the report goes.
static constexpr char kPage[] = {
#include "ReportPage.inc"
};

using namespace mlir;

static bool isPage(StringRef path) {
  return path.ends_with_insensitive(".html");
}

llvm::Error lw::checkReportPath(StringRef path) {
  if (path.empty() || isPage(path) || path.ends_with_insensitive(".json"))
    return llvm::Error::success();
  return llvm::createStringError("--report=" + path +
                                 ": name it .html or .json");
}

static std::string makePage(llvm::json::Object report) {
  llvm::StringRef page(kPage, sizeof kPage);
  auto [head, tail] = page.split("@data@");
  std::string data = llvm::formatv("{0}", llvm::json::Value(std::move(report)));
  std::string result = head.str();
  // No name in a network can end the element that the data is in.
  for (char c : data)
    if (c == '<')
      result += "\\u003c";
    else
      result += c;
  return result += tail;
}

llvm::Error lw::writeDetailedReport(StringRef path, llvm::json::Object report) {
  if (isPage(path))
    return writeFile(path, makePage(std::move(report)));
  return writeReport(path, std::move(report));
}

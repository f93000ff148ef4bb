//===- Table.cpp - Aligned text tables
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/Table.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>

using namespace mlir::lw;

void Table::add(std::vector<std::string> cells) {
  cells.resize(columns.size());
  lines.push_back(std::move(cells));
}

void Table::print(llvm::raw_ostream &os) const {
  std::vector<std::string> titles;
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns.size(); ++i) {
    titles.push_back(columns[i].title);
    widths.push_back(titles[i].size());
    for (const std::vector<std::string> &line : lines)
      widths[i] = std::max(widths[i], line[i].size());
  }
  auto printLine = [&](const std::vector<std::string> &line) {
    std::string text;
    for (size_t i = 0; i < columns.size(); ++i) {
      std::string fill(widths[i] - line[i].size(), ' ');
      text += columns[i].alignment == Left ? line[i] + fill : fill + line[i];
      text += "  ";
    }
    os << llvm::StringRef(text).rtrim() << "\n";
  };
  printLine(titles);
  for (const std::vector<std::string> &line : lines)
    printLine(line);
}

std::string mlir::lw::joinExtents(llvm::ArrayRef<int64_t> extents) {
  std::string text;
  for (int64_t extent : extents)
    text += (text.empty() ? "" : "x") + std::to_string(extent);
  return text;
}

std::string mlir::lw::groupDigits(int64_t value) {
  std::string text = std::to_string(value);
  int64_t first = value < 0 ? 1 : 0;
  for (int64_t at = static_cast<int64_t>(text.size()) - 3; at > first; at -= 3)
    text.insert(at, ",");
  return text;
}

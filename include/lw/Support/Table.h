//===- Table.h - Aligned text tables
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_SUPPORT_TABLE_H
#define LW_SUPPORT_TABLE_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir::lw {

/// Lines of text in columns as wide as their widest cell.
class Table {
public:
  enum Alignment { Left, Right };
  struct Column {
    std::string title;
    Alignment alignment;
  };

  explicit Table(std::vector<Column> columns) : columns(std::move(columns)) {}

  /// Adds a line; cells that are left out are empty.
  void add(std::vector<std::string> cells);

  /// Prints the titles and the lines, without trailing spaces.
  void print(llvm::raw_ostream &os) const;

private:
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> lines;
};

/// The extents of a tensor as 1x3x32x32.
std::string joinExtents(llvm::ArrayRef<int64_t> extents);

/// 1234567 as 1,234,567.
std::string groupDigits(int64_t value);

} // namespace mlir::lw

#endif // LW_SUPPORT_TABLE_H

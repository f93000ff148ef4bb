//===- NpyHeader.h - What the elements of a .npy file are
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IO_NPYHEADER_H
#define LW_LIB_IO_NPYHEADER_H

#include "lw/IO/Npy.h"
#include <optional>

namespace mlir::lw {

/// The part of a `.npy` file before the elements.
struct NpyHeader {
  /// Type and shape, without elements.
  NpyArray array;
  /// Where the elements begin.
  uint64_t bytes = 0;
  bool isColumnMajor = false;
  bool isBigEndian = false;

  bool needsConversion() const { return isColumnMajor || isBigEndian; }

  /// Puts the elements of a file into row-major order, little-endian.
  void convert(std::vector<char> &elements) const;
};

/// Parses the header, of which `start` holds all, of a file of `fileBytes`
/// bytes, which the elements must fill; std::nullopt where nobody knows.
llvm::Expected<NpyHeader> parseNpyHeader(llvm::StringRef start,
                                         std::optional<uint64_t> fileBytes);

/// Writes what stands before the elements of `array`.
void writeNpyHeader(llvm::raw_ostream &stream, const NpyArray &array);

} // namespace mlir::lw

#endif // LW_LIB_IO_NPYHEADER_H

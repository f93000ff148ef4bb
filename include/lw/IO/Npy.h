//===- Npy.h - NumPy's array files
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_IO_NPY_H
#define LW_IO_NPY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir::lw {

/// A dense array in row-major order, little-endian.
struct NpyArray {
  /// NumPy's kind and size of an element without byte order: `f4`, `f8`, `u1`,
  /// `i4`, `i8`, `b1`, ...
  std::string dtype = "f4";
  std::vector<int64_t> shape;
  std::vector<char> data;

  /// An f4 array.
  static NpyArray fromFloats(llvm::ArrayRef<int64_t> shape,
                             llvm::ArrayRef<float> values);

  int64_t numElements() const;
  int64_t elementBytes() const;
  /// The elements as f32; f2, f4, f8 and all integers convert.
  std::vector<float> toFloats() const;
  /// The elements as integers, or an error when they are neither integers nor
  /// floats with integral values (a label of 2.5 or NaN is no label).
  llvm::Expected<std::vector<int64_t>> toIntegers() const;
  /// e.g. `uint8 array of shape 5000x32x32x3`.
  std::string describe() const;
};

/// Parses the bytes of a `.npy` file: format versions 1 to 3, booleans,
/// integers and floats of either byte order, row- or column-major (converted).
/// Everything else is an error: truncated or trailing data, other types,
/// extents whose product overflows.
llvm::Expected<NpyArray> parseNpy(llvm::StringRef bytes);

/// An array that stays in its file and is read in pieces, so that its shape can
/// be looked at first and it may be larger than the memory.
class NpyReader {
public:
  /// Opens `file.npy`, or a member of an archive as `file.npz:key`; the key may
  /// be left out when there is one member. Errors name the file. Damaged
  /// elements show when they are read: those of an archive with the last of
  /// them, as a checksum covers them all. Column-major and big-endian arrays
  /// are loaded when the first piece is read, and what a pipe has said is kept.
  static llvm::Expected<NpyReader> open(llvm::StringRef path);

  /// An array that is in memory.
  static NpyReader fromArray(NpyArray array);

  /// Type and shape; it has no elements.
  const NpyArray &getInfo() const { return info; }

  /// Reads bytes of the elements from `offset` on. In an archive, to go
  /// back takes the time of reading from the start.
  llvm::Error read(uint64_t offset, llvm::MutableArrayRef<char> bytes);

  /// Reads all elements.
  llvm::Expected<NpyArray> readAll();

  /// Fails when elements are damaged that nobody has read.
  llvm::Error checkRest();

  /// Where the elements come from.
  class Source {
  public:
    virtual ~Source() = default;
    virtual llvm::Error read(uint64_t offset,
                             llvm::MutableArrayRef<char> bytes) = 0;
    virtual llvm::Error checkRest() { return llvm::Error::success(); }
  };

private:
  NpyReader(NpyArray info, std::unique_ptr<Source> source)
      : info(std::move(info)), source(std::move(source)) {}

  NpyArray info;
  std::unique_ptr<Source> source;
};

/// Reads labels of `samples` samples, of any number where it is not given, from
/// what `NpyReader::open` takes. Their number is looked at before they are
/// read, as another array may be of any size.
llvm::Expected<std::vector<int64_t>> readLabels(llvm::StringRef path,
                                                std::optional<int64_t> samples);

/// Writes format version 1, row-major.
void writeNpy(llvm::raw_ostream &stream, const NpyArray &array);

/// Writes one array to a `.npy` file, which appears only when complete.
llvm::Error writeNpyFile(llvm::StringRef path, const NpyArray &array);

/// The members of a `.npz` archive: named arrays, and files of other kinds by
/// their whole names, which NumPy shows as bytes.
struct NpzFile {
  std::vector<std::pair<std::string, NpyArray>> arrays;
  std::vector<std::pair<std::string, std::string>> texts;
};

/// Reads all members of an archive. Errors name the file and the member.
llvm::Expected<NpzFile> readNpzFile(llvm::StringRef path);

/// Names under which an archive can hold arrays called `names`: each of the
/// control characters, `/` and `\` becomes `_`, and of names that are then
/// equal the later ones get a number (`y`, `y_2`, ...).
std::vector<std::string> npzKeys(llvm::ArrayRef<std::string> names);

/// Writes an uncompressed archive, which appears only when complete. The same
/// arrays give the same bytes.
llvm::Error writeNpzFile(llvm::StringRef path, const NpzFile &file);

} // namespace mlir::lw

#endif // LW_IO_NPY_H

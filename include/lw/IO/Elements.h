//===- Elements.h - Element types of networks and of NumPy
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_IO_ELEMENTS_H
#define LW_IO_ELEMENTS_H

#include "lw/IO/Npy.h"

namespace mlir::lw {

/// Whether `type`, as MLIR spells it, is one of floats.
inline bool isFloatType(llvm::StringRef type) { return type.contains('f'); }

/// NumPy's type with the elements of MLIR's `type`, without byte order: `f4`
/// for `f32`, `u1` for `ui8`, `b1` for `i1`. NumPy has no bf16: its bits, `u2`.
std::string npyTypeOf(llvm::StringRef type);

/// The same numbers as elements of `type`, one of floats.
void encodeFloats(llvm::ArrayRef<float> values, llvm::StringRef type,
                  std::vector<char> &bytes);

/// Elements of any `type` as f32.
std::vector<float> decodeFloats(llvm::ArrayRef<char> bytes,
                                llvm::StringRef type);

/// Whether `convertElements` takes elements of NumPy's `dtype` to `type`:
/// floats to floats, integers and bool to integers and bool.
bool canConvertElements(llvm::StringRef dtype, llvm::StringRef type);

/// The elements of `array` as `type`. Integers of the same size are taken as
/// they are; others have to fit, of which an error names the first that does
/// not. What is not 0 is true.
llvm::Error convertElements(const NpyArray &array, llvm::StringRef type,
                            std::vector<char> &bytes);

} // namespace mlir::lw

#endif // LW_IO_ELEMENTS_H

//===- Zip.h - Members of .npz archives
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IO_ZIP_H
#define LW_LIB_IO_ZIP_H

#include "lw/IO/Npy.h"
#include <zip.h>

namespace mlir::lw {

struct CloseZip {
  void operator()(zip_t *archive) const { zip_discard(archive); }
  void operator()(zip_file_t *member) const { zip_fclose(member); }
};
using ZipArchive = std::unique_ptr<zip_t, CloseZip>;
using ZipMember = std::unique_ptr<zip_file_t, CloseZip>;

/// `path: message`.
llvm::Error fileError(llvm::StringRef path, const llvm::Twine &message);

/// Splits `file.npz:key`; a path with no key has an empty one.
std::pair<llvm::StringRef, llvm::StringRef> splitNpzKey(llvm::StringRef path);

llvm::Expected<ZipArchive> openNpz(llvm::StringRef path);

/// Number and name of the array `key`, or of the only one.
llvm::Expected<std::pair<uint64_t, std::string>>
findMember(zip_t *archive, llvm::StringRef path, llvm::StringRef key);

} // namespace mlir::lw

#endif // LW_LIB_IO_ZIP_H

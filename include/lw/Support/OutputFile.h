//===- OutputFile.h - Files that appear only when they are complete
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_SUPPORT_OUTPUTFILE_H
#define LW_SUPPORT_OUTPUTFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir::lw {

/// Whether other users of the system may run the file.
enum class FileMode { Data, Executable };

/// Writes a file, which appears under its name only when `writer` has succeeded
/// and every byte is written; else what was there stays, and the error names
/// `path`. It is written beside its place under a name of its own, which a
/// signal removes. A symbolic link is followed. `-`, devices, pipes and open
/// files (`/dev/stdout`) are written directly.
llvm::Error
writeOutput(llvm::StringRef path,
            llvm::function_ref<llvm::Error(llvm::raw_ostream &)> writer,
            FileMode mode = FileMode::Data);

/// The same with a text that is there already.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef text,
                      FileMode mode = FileMode::Data);

/// Fails when `writeOutput` could not write to `path`, before long work is done
/// for it.
llvm::Error checkWritable(llvm::StringRef path);

/// Whether `path` is written directly: a device, a pipe or an open file, beside
/// which nothing else can be put.
bool isStreamPath(llvm::StringRef path);

/// Whether what is written to `path` comes out on the standard output.
bool isStandardOutput(llvm::StringRef path);

} // namespace mlir::lw

#endif // LW_SUPPORT_OUTPUTFILE_H

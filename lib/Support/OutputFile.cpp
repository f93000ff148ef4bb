//===- OutputFile.cpp - Files that appear only when they are complete
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/OutputFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"
#include <filesystem>
#include <optional>
#include <unistd.h>

using llvm::createStringError;
using llvm::StringRef;
namespace fs = llvm::sys::fs;

using Writer = llvm::function_ref<llvm::Error(llvm::raw_ostream &)>;

/// More links than the kernel follows.
static constexpr int kMaxLinks = 40;

static llvm::Error cannotWrite(StringRef path, const llvm::Twine &reason) {
  return createStringError("cannot write '%s': %s", path.str().c_str(),
                           reason.str().c_str());
}

namespace {

/// Where the bytes for a path go.
struct Target {
  /// The file itself, with links followed; also one that is not there yet.
  std::string path;
  /// The file that this process has open under that name (`/dev/stdout`).
  std::optional<int> descriptor;
  /// A device or pipe.
  bool isSpecial = false;

  bool isStream() const { return descriptor || isSpecial; }
};

} // namespace

/// N of `/dev/fd/N`, an open file. To open it by its name would start it anew.
static std::optional<int> descriptorOf(StringRef path) {
  int number;
  if ((path.consume_front("/proc/self/fd/") ||
       path.consume_front("/dev/fd/")) &&
      !path.getAsInteger(10, number))
    return number;
  return std::nullopt;
}

static Target resolve(StringRef path) {
  Target target;
  target.path = path.str();
  if (path == "-") {
    target.descriptor = STDOUT_FILENO;
    return target;
  }
  for (int links = 0; links < kMaxLinks; ++links) {
    if ((target.descriptor = descriptorOf(target.path)))
      return target;
    // Step by step, as the file that a link points to need not be there.
    std::error_code error;
    std::filesystem::path link(target.path);
    std::filesystem::path next = std::filesystem::read_symlink(link, error);
    if (error)
      break;
    // An absolute `next` replaces the whole path.
    target.path = (link.parent_path() / next).string();
  }
  fs::file_status status;
  if (!fs::status(target.path, status))
    target.isSpecial = !fs::is_regular_file(status) && fs::exists(status) &&
                       !fs::is_directory(status);
  return target;
}

bool mlir::lw::isStreamPath(StringRef path) { return resolve(path).isStream(); }

bool mlir::lw::isStandardOutput(StringRef path) {
  return resolve(path).descriptor == STDOUT_FILENO;
}

/// Runs `writer` on `stream` and reports what could not be written.
static llvm::Error fill(llvm::raw_fd_ostream &stream, StringRef path,
                        Writer writer) {
  llvm::Error error = writer(stream);
  stream.close();
  std::error_code failure = stream.error();
  // Else the stream's destructor ends the process.
  stream.clear_error();
  if (!error && failure)
    return cannotWrite(path, failure.message());
  return error;
}

static llvm::Error writeStream(const Target &target, StringRef path,
                               Writer writer) {
  // What was printed before comes before.
  llvm::outs().flush();
  int descriptor = target.descriptor ? dup(*target.descriptor) : -1;
  std::error_code error;
  if (!target.descriptor)
    error = fs::openFileForWrite(target.path, descriptor, fs::CD_OpenExisting);
  else if (descriptor < 0)
    error = llvm::errnoAsErrorCode();
  if (error)
    return cannotWrite(path, error.message());
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
  return fill(stream, path, writer);
}

/// Makes an empty file in the folder of `path`.
static std::error_code makeBeside(StringRef path, int &descriptor,
                                  llvm::SmallVectorImpl<char> &created,
                                  unsigned permissions) {
  // A short name of its own: that of `path` may be as long as names can be.
  llvm::SmallString<128> model(llvm::sys::path::parent_path(path));
  llvm::sys::path::append(model, ".lw-%%%%%%%%.tmp");
  return fs::createUniqueFile(model, descriptor, created, fs::OF_None,
                              permissions);
}

/// Why an existing file must not be replaced.
static llvm::Error checkExisting(const Target &target, StringRef path) {
  if (fs::is_directory(target.path))
    return cannotWrite(path, "it is a directory");
  if (fs::is_symlink_file(target.path))
    return cannotWrite(path, "too many links");
  if (fs::exists(target.path) && !fs::can_write(target.path))
    return cannotWrite(path, "permission denied");
  return llvm::Error::success();
}

llvm::Error mlir::lw::writeOutput(StringRef path, Writer writer,
                                  FileMode mode) {
  Target target = resolve(path);
  if (target.isStream())
    return writeStream(target, path, writer);
  if (llvm::Error error = checkExisting(target, path))
    return error;
  int descriptor;
  llvm::SmallString<128> temporary;
  unsigned permissions = fs::all_read | fs::all_write;
  if (mode == FileMode::Executable)
    permissions |= fs::all_exe;
  if (std::error_code error =
          makeBeside(target.path, descriptor, temporary, permissions))
    return cannotWrite(path, error.message());
  llvm::sys::RemoveFileOnSignal(temporary);
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
  llvm::Error error = fill(stream, path, writer);
  if (!error)
    if (std::error_code failure = fs::rename(temporary, target.path))
      error = cannotWrite(path, failure.message());
  if (error)
    // The error that is reported is the one before.
    (void)fs::remove(temporary);
  llvm::sys::DontRemoveFileOnSignal(temporary);
  return error;
}

llvm::Error mlir::lw::writeFile(StringRef path, StringRef text, FileMode mode) {
  return writeOutput(
      path,
      [&](llvm::raw_ostream &stream) {
        stream << text;
        return llvm::Error::success();
      },
      mode);
}

llvm::Error mlir::lw::checkWritable(StringRef path) {
  if (path.empty())
    return llvm::Error::success();
  Target target = resolve(path);
  if (target.isStream())
    return target.isSpecial && !fs::can_write(target.path)
               ? cannotWrite(path, "permission denied")
               : llvm::Error::success();
  if (llvm::Error error = checkExisting(target, path))
    return error;
  // Folder permissions alone do not tell (read-only file systems): try.
  int descriptor;
  llvm::SmallString<128> created;
  std::error_code error =
      makeBeside(target.path, descriptor, created, fs::owner_all);
  if (!error)
    error = llvm::sys::Process::SafelyCloseFileDescriptor(descriptor);
  if (!error)
    error = fs::remove(created);
  if (error)
    return cannotWrite(path, error.message());
  return llvm::Error::success();
}

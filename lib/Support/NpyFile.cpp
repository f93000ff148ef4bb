//===- NpyFile.cpp - .npy and .npz files
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/Npy.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <zip.h>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
using llvm::StringRef;

namespace {

struct CloseArchive {
  void operator()(zip_t *archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;

struct CloseMember {
  void operator()(zip_file_t *member) const { zip_fclose(member); }
};

} // namespace

/// More than any array of weights or images; a corrupt archive may claim any
/// size.
static constexpr uint64_t kMaxMemberBytes = uint64_t(1) << 34;

static llvm::Error fileError(StringRef path, const llvm::Twine &message) {
  return createStringError("%s: %s", path.str().c_str(), message.str().c_str());
}

static llvm::Expected<std::string> readMember(zip_t *archive, uint64_t index,
                                              StringRef path, StringRef key) {
  zip_stat_t stat;
  if (zip_stat_index(archive, index, 0, &stat) != 0 ||
      !(stat.valid & ZIP_STAT_SIZE))
    return fileError(path, "cannot read member '" + key +
                               "': " + zip_strerror(archive));
  if (stat.size > kMaxMemberBytes)
    return fileError(path, "member '" + key + "' claims " +
                               llvm::Twine(stat.size) + " bytes");
  std::unique_ptr<zip_file_t, CloseMember> member(
      zip_fopen_index(archive, index, 0));
  if (!member)
    return fileError(path, "cannot read member '" + key +
                               "': " + zip_strerror(archive));
  // In pieces: memory grows with what is really there, not with what a corrupt
  // directory claims.
  std::string bytes;
  std::vector<char> piece(1 << 20);
  while (true) {
    zip_int64_t count = zip_fread(member.get(), piece.data(), piece.size());
    if (count < 0)
      return fileError(path, "cannot read member '" + key +
                                 "': " + zip_file_strerror(member.get()));
    if (count == 0)
      return bytes;
    bytes.append(piece.data(), count);
  }
}

/// Splits `file.npz:key`; a path with no key has an empty one.
static std::pair<StringRef, StringRef> splitKey(StringRef path) {
  size_t colon = path.rfind(".npz:");
  if (colon == StringRef::npos)
    return {path, ""};
  return {path.take_front(colon + 4), path.drop_front(colon + 5)};
}

static llvm::Expected<NpyArray> readNpz(StringRef path, StringRef key) {
  int code = 0;
  Archive archive(zip_open(path.str().c_str(), ZIP_RDONLY, &code));
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string message = zip_error_strerror(&error);
    zip_error_fini(&error);
    return fileError(path, message);
  }
  std::vector<std::string> keys;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    const char *name = zip_get_name(archive.get(), i, 0);
    StringRef member = name ? name : "";
    member.consume_back(".npy");
    keys.push_back(member.str());
  }
  std::string known = "; the archive has: " +
                      (keys.empty() ? "nothing" : llvm::join(keys, ", "));
  if (key.empty() && keys.size() != 1)
    return fileError(path, "which array? Write " + path + ":KEY" + known);
  auto found = key.empty() ? keys.begin() : llvm::find(keys, key);
  if (found == keys.end())
    return fileError(path, "no array '" + key + "'" + known);
  llvm::Expected<std::string> bytes =
      readMember(archive.get(), found - keys.begin(), path, *found);
  if (!bytes)
    return bytes.takeError();
  llvm::Expected<NpyArray> array = parseNpy(*bytes);
  if (!array)
    return fileError((path + ":" + *found).str(),
                     llvm::toString(array.takeError()));
  return array;
}

llvm::Expected<NpyArray> lw::readNpy(StringRef path) {
  auto [file, key] = splitKey(path);
  if (file.ends_with(".npz"))
    return readNpz(file, key);
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return fileError(file, buffer.getError().message());
  llvm::Expected<NpyArray> array = parseNpy((*buffer)->getBuffer());
  if (!array)
    return fileError(file, llvm::toString(array.takeError()));
  return array;
}

llvm::Error lw::writeNpyFile(StringRef path, const NpyArray &array) {
  return llvm::writeToOutput(path,
                             [&](llvm::raw_ostream &stream) -> llvm::Error {
                               writeNpy(stream, array);
                               return llvm::Error::success();
                             });
}

llvm::Error
lw::writeNpzFile(StringRef path,
                 llvm::ArrayRef<std::pair<std::string, NpyArray>> arrays) {
  int code = 0;
  // libzip writes to a temporary file and renames it when it is closed.
  Archive archive(
      zip_open(path.str().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string message = zip_error_strerror(&error);
    zip_error_fini(&error);
    return fileError(path, message);
  }
  std::vector<std::string> bytes;
  bytes.reserve(arrays.size());
  for (const auto &[name, array] : arrays) {
    llvm::raw_string_ostream stream(bytes.emplace_back());
    writeNpy(stream, array);
    zip_source_t *source = zip_source_buffer(archive.get(), bytes.back().data(),
                                             bytes.back().size(), 0);
    zip_int64_t index =
        source ? zip_file_add(archive.get(), (name + ".npy").c_str(), source,
                              ZIP_FL_ENC_UTF_8)
               : -1;
    if (index < 0) {
      zip_source_free(source);
      return fileError(path, zip_strerror(archive.get()));
    }
    zip_set_file_compression(archive.get(), index, ZIP_CM_STORE, 0);
  }
  if (zip_close(archive.get()) != 0)
    return fileError(path, zip_strerror(archive.get()));
  // Closed: nothing is left to discard.
  (void)archive.release();
  return llvm::Error::success();
}

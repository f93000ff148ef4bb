//===- NpyFile.cpp - .npy and .npz files
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Zip.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
using llvm::StringRef;

/// More than any array of weights or images; a corrupt archive may claim any
/// size.
static constexpr uint64_t kMaxMemberBytes = uint64_t(1) << 34;

llvm::Error lw::fileError(StringRef path, const llvm::Twine &message) {
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
  ZipMember member(zip_fopen_index(archive, index, 0));
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

std::pair<StringRef, StringRef> lw::splitNpzKey(StringRef path) {
  size_t colon = path.rfind(".npz:");
  if (colon == StringRef::npos)
    return {path, ""};
  return {path.take_front(colon + 4), path.drop_front(colon + 5)};
}

static llvm::Error openError(StringRef path, int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string message = zip_error_strerror(&error);
  zip_error_fini(&error);
  return fileError(path, message);
}

llvm::Expected<ZipArchive> lw::openNpz(StringRef path) {
  int code = 0;
  ZipArchive archive(zip_open(path.str().c_str(), ZIP_RDONLY, &code));
  if (!archive)
    return openError(path, code);
  return archive;
}

/// The names of the members, `.npy` included.
static std::vector<std::string> memberNames(zip_t *archive) {
  std::vector<std::string> names;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); ++i) {
    const char *name = zip_get_name(archive, i, 0);
    names.push_back(name ? name : "");
  }
  return names;
}

static llvm::Expected<NpyArray> readArray(zip_t *archive, uint64_t index,
                                          StringRef path, StringRef key) {
  llvm::Expected<std::string> bytes = readMember(archive, index, path, key);
  if (!bytes)
    return bytes.takeError();
  llvm::Expected<NpyArray> array = parseNpy(*bytes);
  if (!array)
    return fileError((path + ":" + key).str(),
                     llvm::toString(array.takeError()));
  return array;
}

llvm::Expected<std::pair<uint64_t, std::string>>
lw::findMember(zip_t *archive, StringRef path, StringRef key) {
  std::vector<std::string> keys = memberNames(archive);
  for (std::string &name : keys)
    if (StringRef(name).ends_with(".npy"))
      name.resize(name.size() - 4);
  std::string known = "; the archive has: " +
                      (keys.empty() ? "nothing" : llvm::join(keys, ", "));
  if (key.empty() && keys.size() != 1)
    return fileError(path, "which array? Write " + path + ":KEY" + known);
  auto found = key.empty() ? keys.begin() : llvm::find(keys, key);
  if (found == keys.end())
    return fileError(path, "no array '" + key + "'" + known);
  return std::pair<uint64_t, std::string>(found - keys.begin(), *found);
}

static llvm::Expected<NpyArray> readNpz(StringRef path, StringRef key) {
  llvm::Expected<ZipArchive> archive = openNpz(path);
  if (!archive)
    return archive.takeError();
  auto member = findMember(archive->get(), path, key);
  if (!member)
    return member.takeError();
  return readArray(archive->get(), member->first, path, member->second);
}

llvm::Expected<NpzFile> lw::readNpzFile(StringRef path) {
  llvm::Expected<ZipArchive> archive = openNpz(path);
  if (!archive)
    return archive.takeError();
  NpzFile file;
  for (auto [index, name] : llvm::enumerate(memberNames(archive->get()))) {
    StringRef key = name;
    if (key.consume_back(".npy")) {
      llvm::Expected<NpyArray> array =
          readArray(archive->get(), index, path, key);
      if (!array)
        return array.takeError();
      file.arrays.emplace_back(key, std::move(*array));
    } else {
      llvm::Expected<std::string> text =
          readMember(archive->get(), index, path, key);
      if (!text)
        return text.takeError();
      file.texts.emplace_back(key, std::move(*text));
    }
  }
  return file;
}

llvm::Expected<NpyArray> lw::readNpy(StringRef path) {
  auto [file, key] = splitNpzKey(path);
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

llvm::Error lw::writeNpzFile(StringRef path, const NpzFile &file) {
  int code = 0;
  // libzip writes to a temporary file and renames it when it is closed.
  ZipArchive archive(
      zip_open(path.str().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (!archive)
    return openError(path, code);
  std::vector<std::pair<std::string, std::string>> members = file.texts;
  members.reserve(members.size() + file.arrays.size());
  for (const auto &[name, array] : file.arrays) {
    llvm::raw_string_ostream stream(
        members.emplace_back(name + ".npy", "").second);
    writeNpy(stream, array);
  }
  for (const auto &[name, bytes] : members) {
    zip_source_t *source =
        zip_source_buffer(archive.get(), bytes.data(), bytes.size(), 0);
    zip_int64_t index = source ? zip_file_add(archive.get(), name.c_str(),
                                              source, ZIP_FL_ENC_UTF_8)
                               : -1;
    if (index < 0) {
      zip_source_free(source);
      return fileError(path, zip_strerror(archive.get()));
    }
    zip_set_file_compression(archive.get(), index, ZIP_CM_STORE, 0);
  }
  zip_t *closing = archive.release();
  if (zip_close(closing) == 0)
    return llvm::Error::success();
  // Not closed: it is ours again.
  archive.reset(closing);
  return fileError(path, zip_strerror(closing));
}

//===- NpyReader.cpp - Arrays that stay in their files
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "NpyHeader.h"
#include "Zip.h"
#include "llvm/Support/FileSystem.h"
#include <algorithm>
#include <cstring>

using namespace mlir;
using namespace mlir::lw;
using llvm::StringRef;
namespace fs = llvm::sys::fs;

/// More than the header of any array with less than thousands of dimensions.
static constexpr uint64_t kMaxHeader = 1 << 16;

namespace {

class MemorySource : public NpyReader::Source {
public:
  explicit MemorySource(std::vector<char> data) : data(std::move(data)) {}

  llvm::Error read(uint64_t offset,
                   llvm::MutableArrayRef<char> bytes) override {
    std::copy_n(data.begin() + offset, bytes.size(), bytes.begin());
    return llvm::Error::success();
  }

private:
  std::vector<char> data;
};

/// A file, from byte `start` on.
class FileSource : public NpyReader::Source {
public:
  FileSource(std::string path, fs::file_t file)
      : path(std::move(path)), file(file) {}
  ~FileSource() override {
    // Nothing was written that could be lost.
    std::error_code ignored = fs::closeFile(file);
    (void)ignored;
  }

  llvm::Error read(uint64_t offset,
                   llvm::MutableArrayRef<char> bytes) override {
    while (!bytes.empty()) {
      auto count = fs::readNativeFileSlice(file, bytes, start + offset);
      if (!count)
        return fileError(path, llvm::toString(count.takeError()));
      if (*count == 0)
        return fileError(path, "the file has become shorter");
      offset += *count;
      bytes = bytes.drop_front(*count);
    }
    return llvm::Error::success();
  }

  uint64_t start = 0;

private:
  std::string path;
  fs::file_t file;
};

/// A member of an archive, from byte `start` on.
class MemberSource : public NpyReader::Source {
public:
  MemberSource(std::string path, ZipArchive archive, uint64_t index)
      : path(std::move(path)), archive(std::move(archive)), index(index) {}

  llvm::Error read(uint64_t offset,
                   llvm::MutableArrayRef<char> bytes) override {
    offset += start;
    if (!member || offset < position) {
      position = 0;
      member.reset(zip_fopen_index(archive.get(), index, 0));
      if (!member)
        return fileError(path, zip_strerror(archive.get()));
    }
    std::vector<char> skipped(
        std::min<uint64_t>(offset - position, uint64_t(1) << 20));
    while (position < offset)
      if (llvm::Error error =
              readNext(llvm::MutableArrayRef(skipped).take_front(
                  std::min<uint64_t>(offset - position, skipped.size()))))
        return error;
    return readNext(bytes);
  }

  uint64_t start = 0;

private:
  llvm::Error readNext(llvm::MutableArrayRef<char> bytes) {
    while (!bytes.empty()) {
      zip_int64_t count = zip_fread(member.get(), bytes.data(), bytes.size());
      if (count <= 0)
        return fileError(path, count < 0 ? zip_file_strerror(member.get())
                                         : "the array is truncated");
      position += count;
      bytes = bytes.drop_front(count);
    }
    return llvm::Error::success();
  }

  std::string path;
  ZipArchive archive;
  uint64_t index;
  ZipMember member;
  uint64_t position = 0;
};

/// The header of an array of `size` bytes.
llvm::Expected<NpyHeader> readHeader(NpyReader::Source &source, StringRef path,
                                     uint64_t size) {
  std::string text(std::min(size, kMaxHeader), '\0');
  if (llvm::Error error = source.read(0, {text.data(), text.size()}))
    return std::move(error);
  auto header = parseNpyHeader(text, size);
  if (!header)
    return fileError(path, llvm::toString(header.takeError()));
  return header;
}

} // namespace

NpyReader NpyReader::fromArray(NpyArray array) {
  auto source = std::make_unique<MemorySource>(std::move(array.data));
  array.data.clear();
  return {std::move(array), std::move(source)};
}

llvm::Expected<NpyReader> NpyReader::open(StringRef path) {
  auto [file, key] = splitNpzKey(path);
  auto finish = [&](auto source, const std::string &where,
                    uint64_t size) -> llvm::Expected<NpyReader> {
    auto header = readHeader(*source, where, size);
    if (!header)
      return header.takeError();
    if (header->needsConversion()) {
      auto array = readNpy(path);
      if (!array)
        return array.takeError();
      return fromArray(std::move(*array));
    }
    source->start = header->bytes;
    return NpyReader(std::move(header->array), std::move(source));
  };

  if (file.ends_with(".npz")) {
    auto archive = openNpz(file);
    if (!archive)
      return archive.takeError();
    auto member = findMember(archive->get(), file, key);
    if (!member)
      return member.takeError();
    std::string where = (file + ":" + member->second).str();
    zip_stat_t stat;
    if (zip_stat_index(archive->get(), member->first, 0, &stat) != 0 ||
        !(stat.valid & ZIP_STAT_SIZE))
      return fileError(where, zip_strerror(archive->get()));
    return finish(std::make_unique<MemberSource>(where, std::move(*archive),
                                                 member->first),
                  where, stat.size);
  }
  fs::file_status status;
  if (std::error_code error = fs::status(file, status))
    return fileError(file, error.message());
  if (!fs::is_regular_file(status)) {
    // A pipe is read to its end.
    auto array = readNpy(path);
    if (!array)
      return array.takeError();
    return fromArray(std::move(*array));
  }
  auto handle = fs::openNativeFileForRead(file);
  if (!handle)
    return fileError(file, llvm::toString(handle.takeError()));
  return finish(std::make_unique<FileSource>(file.str(), *handle), file.str(),
                status.getSize());
}

llvm::Error NpyReader::read(uint64_t offset,
                            llvm::MutableArrayRef<char> bytes) {
  return source->read(offset, bytes);
}

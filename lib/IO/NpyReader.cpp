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
using llvm::createStringError;
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
    (void)fs::closeFile(file);
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

/// A member of an archive of `size` bytes, from byte `start` on.
class MemberSource : public NpyReader::Source {
public:
  MemberSource(std::string path, ZipArchive archive, uint64_t index,
               uint64_t size)
      : path(std::move(path)), archive(std::move(archive)), index(index),
        size(size) {}

  llvm::Error read(uint64_t offset,
                   llvm::MutableArrayRef<char> bytes) override {
    if (llvm::Error error = moveTo(start + offset))
      return error;
    return readNext(bytes);
  }

  llvm::Error checkRest() override {
    return isChecked ? llvm::Error::success() : moveTo(size);
  }

  uint64_t start = 0;

private:
  /// Reads to byte `target` of the member.
  llvm::Error moveTo(uint64_t target) {
    if (!member || target < position) {
      position = 0;
      member.reset(zip_fopen_index(archive.get(), index, 0));
      if (!member)
        return fileError(path, zip_strerror(archive.get()));
    }
    std::vector<char> skipped(
        std::min<uint64_t>(target - position, uint64_t(1) << 20));
    while (position < target)
      if (llvm::Error error =
              readNext(llvm::MutableArrayRef(skipped).take_front(
                  std::min<uint64_t>(target - position, skipped.size()))))
        return error;
    return llvm::Error::success();
  }

  llvm::Error readNext(llvm::MutableArrayRef<char> bytes) {
    while (!bytes.empty()) {
      zip_int64_t count = zip_fread(member.get(), bytes.data(), bytes.size());
      if (count <= 0)
        return fileError(path, count < 0 ? zip_file_strerror(member.get())
                                         : "the array is truncated");
      position += count;
      bytes = bytes.drop_front(count);
    }
    return position == size ? checkEnd() : llvm::Error::success();
  }

  /// libzip compares the checksum when it is asked for what comes after the
  /// end.
  llvm::Error checkEnd() {
    char more;
    zip_int64_t count = zip_fread(member.get(), &more, 1);
    if (count != 0)
      return fileError(path, count < 0 ? zip_file_strerror(member.get())
                                       : "trailing data");
    isChecked = true;
    return llvm::Error::success();
  }

  std::string path;
  ZipArchive archive;
  uint64_t index;
  uint64_t size;
  ZipMember member;
  uint64_t position = 0;
  bool isChecked = false;
};

/// What comes out of a pipe or device, from byte `start` on; kept, as it comes
/// only once.
class StreamSource : public NpyReader::Source {
public:
  StreamSource(std::string path, fs::file_t file)
      : path(std::move(path)), file(file) {}
  ~StreamSource() override {
    // Nothing was written that could be lost.
    (void)fs::closeFile(file);
  }

  /// The first `count` bytes, or fewer where it ends before.
  llvm::Expected<StringRef> readFirst(uint64_t count) {
    while (seen.size() < count) {
      size_t before = seen.size();
      seen.resize(before + std::min<uint64_t>(count - before, 1 << 16));
      auto added = fs::readNativeFile(
          file, llvm::MutableArrayRef(seen).drop_front(before));
      seen.resize(before + (added ? *added : 0));
      if (!added)
        return fileError(path, llvm::toString(added.takeError()));
      if (*added == 0)
        break;
    }
    return StringRef(seen.data(), std::min<uint64_t>(seen.size(), count));
  }

  llvm::Error read(uint64_t offset,
                   llvm::MutableArrayRef<char> bytes) override {
    uint64_t end = start + offset + bytes.size();
    // One byte more than the last element: there must be none.
    auto found = readFirst(end == size ? end + 1 : end);
    if (!found)
      return found.takeError();
    if (found->size() < end)
      return fileError(path, "truncated: " + llvm::Twine(found->size()) +
                                 " bytes of " + llvm::Twine(size));
    if (found->size() > end)
      return fileError(path, "trailing data");
    std::copy_n(seen.begin() + start + offset, bytes.size(), bytes.begin());
    return llvm::Error::success();
  }

  uint64_t start = 0;
  uint64_t size = 0;

private:
  std::string path;
  fs::file_t file;
  std::vector<char> seen;
};

/// All elements of another source, loaded when they are asked for.
class ConvertedSource : public NpyReader::Source {
public:
  ConvertedSource(NpyHeader header, std::unique_ptr<Source> source)
      : header(std::move(header)), source(std::move(source)) {}

  llvm::Error read(uint64_t offset,
                   llvm::MutableArrayRef<char> bytes) override {
    if (source) {
      if (llvm::Error error = readAllOf(*source, header.array, data))
        return error;
      header.convert(data);
      source.reset();
    }
    std::copy_n(data.begin() + offset, bytes.size(), bytes.begin());
    return llvm::Error::success();
  }

  /// All elements of an array like `info`. Memory grows with what is really
  /// there, not with what a corrupt archive claims.
  static llvm::Error readAllOf(Source &source, const NpyArray &info,
                               std::vector<char> &data) {
    uint64_t bytes = info.numElements() * info.elementBytes();
    while (data.size() < bytes) {
      uint64_t begin = data.size();
      data.resize(begin +
                  std::min(bytes - begin, std::max(begin, uint64_t(1) << 20)));
      if (llvm::Error error =
              source.read(begin, llvm::MutableArrayRef(data).drop_front(begin)))
        return error;
    }
    return source.checkRest();
  }

private:
  NpyHeader header;
  std::unique_ptr<Source> source;
  std::vector<char> data;
};

/// The array of `header` in `source`, which begins with the elements.
std::pair<NpyArray, std::unique_ptr<NpyReader::Source>>
finish(NpyHeader header, std::unique_ptr<NpyReader::Source> source) {
  NpyArray info = header.array;
  if (header.needsConversion())
    source =
        std::make_unique<ConvertedSource>(std::move(header), std::move(source));
  return {std::move(info), std::move(source)};
}

/// The header of the array that `text` begins with.
llvm::Expected<NpyHeader> readHeader(StringRef text, StringRef path,
                                     std::optional<uint64_t> size) {
  auto header = parseNpyHeader(text, size);
  if (!header)
    return fileError(path, llvm::toString(header.takeError()));
  return header;
}

/// Opens an array of `size` bytes whose `source` can be read from any place.
template <typename Source>
llvm::Expected<std::pair<NpyArray, std::unique_ptr<NpyReader::Source>>>
openAt(std::unique_ptr<Source> source, StringRef path, uint64_t size) {
  std::string text(std::min(size, kMaxHeader), '\0');
  if (llvm::Error error = source->read(0, {text.data(), text.size()}))
    return std::move(error);
  auto header = readHeader(text, path, size);
  if (!header)
    return header.takeError();
  source->start = header->bytes;
  return finish(std::move(*header), std::move(source));
}

llvm::Expected<std::pair<NpyArray, std::unique_ptr<NpyReader::Source>>>
openMember(StringRef file, StringRef key) {
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
  return openAt(std::make_unique<MemberSource>(where, std::move(*archive),
                                               member->first, stat.size),
                where, stat.size);
}

llvm::Expected<std::pair<NpyArray, std::unique_ptr<NpyReader::Source>>>
openFile(StringRef file) {
  fs::file_status status;
  if (std::error_code error = fs::status(file, status))
    return fileError(file, error.message());
  auto handle = fs::openNativeFileForRead(file);
  if (!handle)
    return fileError(file, llvm::toString(handle.takeError()));
  if (fs::is_regular_file(status))
    return openAt(std::make_unique<FileSource>(file.str(), *handle), file,
                  status.getSize());
  auto stream = std::make_unique<StreamSource>(file.str(), *handle);
  auto text = stream->readFirst(kMaxHeader);
  if (!text)
    return text.takeError();
  auto header = readHeader(*text, file, std::nullopt);
  if (!header)
    return header.takeError();
  stream->start = header->bytes;
  stream->size = header->bytes +
                 header->array.numElements() * header->array.elementBytes();
  return finish(std::move(*header), std::move(stream));
}

} // namespace

NpyReader NpyReader::fromArray(NpyArray array) {
  auto source = std::make_unique<MemorySource>(std::move(array.data));
  array.data.clear();
  return {std::move(array), std::move(source)};
}

llvm::Expected<NpyReader> NpyReader::open(StringRef path) {
  auto [file, key] = splitNpzKey(path);
  auto opened = file.ends_with_insensitive(".npz") ? openMember(file, key)
                                                   : openFile(file);
  if (!opened)
    return opened.takeError();
  return NpyReader(std::move(opened->first), std::move(opened->second));
}

llvm::Expected<NpyArray> NpyReader::readAll() {
  NpyArray array = info;
  if (llvm::Error error = ConvertedSource::readAllOf(*source, info, array.data))
    return std::move(error);
  return array;
}

llvm::Expected<std::vector<int64_t>>
lw::readLabels(StringRef path, std::optional<int64_t> samples) {
  auto reader = NpyReader::open(path);
  if (!reader)
    return reader.takeError();
  int64_t found = reader->getInfo().numElements();
  if (samples && found != *samples)
    return createStringError("%s: %lld labels for %lld samples",
                             path.str().c_str(), static_cast<long long>(found),
                             static_cast<long long>(*samples));
  auto array = reader->readAll();
  if (!array)
    return array.takeError();
  auto labels = array->toIntegers();
  if (!labels)
    return createStringError("%s: not labels: %s", path.str().c_str(),
                             llvm::toString(labels.takeError()).c_str());
  return labels;
}

llvm::Error NpyReader::checkRest() { return source->checkRest(); }

llvm::Error NpyReader::read(uint64_t offset,
                            llvm::MutableArrayRef<char> bytes) {
  return source->read(offset, bytes);
}

//===- NpyFile.cpp - .npy and .npz files
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "NpyHeader.h"
#include "Zip.h"
#include "lw/Support/OutputFile.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"
#include <array>

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
  size_t colon = path.rfind_insensitive(".npz:");
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

llvm::Error lw::writeNpyFile(StringRef path, const NpyArray &array) {
  return writeOutput(path, [&](llvm::raw_ostream &stream) {
    writeNpy(stream, array);
    return llvm::Error::success();
  });
}

std::vector<std::string> lw::npzKeys(llvm::ArrayRef<std::string> names) {
  std::vector<std::string> keys = names.vec();
  for (std::string &key : keys)
    for (char &c : key)
      if (llvm::StringRef("/\\\x7f").contains(c) ||
          static_cast<unsigned char>(c) < 0x20)
        c = '_';
  llvm::StringSet<> taken;
  std::vector<bool> done(names.size());
  // A name that is a key already belongs to its array.
  for (size_t i = 0; i < keys.size(); ++i)
    done[i] = keys[i] == names[i] && taken.insert(keys[i]).second;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (done[i])
      continue;
    std::string plain = keys[i];
    for (unsigned number = 2; !taken.insert(keys[i]).second; ++number)
      keys[i] = plain + "_" + std::to_string(number);
  }
  return keys;
}

namespace {

struct FreeSource {
  void operator()(zip_source_t *source) const { zip_source_free(source); }
};
using ZipSource = std::unique_ptr<zip_source_t, FreeSource>;

/// A member that is to be written: its bytes are those of `head` and `tail`.
struct Member {
  std::string name;
  std::string head;
  llvm::ArrayRef<char> tail;
};

} // namespace

/// Adds a member that refers to the memory of `member`.
static bool addMember(zip_t *archive, const Member &member) {
  std::array<zip_buffer_fragment_t, 2> pieces;
  auto set = [](zip_buffer_fragment_t &piece, const char *data, size_t size) {
    // libzip only reads what it is to write.
    piece.data = reinterpret_cast<zip_uint8_t *>(const_cast<char *>(data));
    piece.length = size;
  };
  set(pieces[0], member.head.data(), member.head.size());
  set(pieces[1], member.tail.data(), member.tail.size());
  zip_source_t *source = zip_source_buffer_fragment(
      archive, pieces.data(), member.tail.empty() ? 1 : 2, 0);
  if (!source)
    return false;
  zip_int64_t index =
      zip_file_add(archive, member.name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return false;
  }
  // The first day that the format knows, as NumPy writes it.
  constexpr zip_uint16_t time = 0, date = 1 << 5 | 1;
  return zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) == 0 &&
         zip_file_set_dostime(archive, index, time, date, 0) == 0;
}

/// Copies the archive in `source` to `stream`.
static bool copyArchive(zip_source_t *source, llvm::raw_ostream &stream) {
  if (zip_source_open(source) != 0)
    return false;
  std::vector<char> piece(1 << 20);
  zip_int64_t count;
  while ((count = zip_source_read(source, piece.data(), piece.size())) > 0)
    stream.write(piece.data(), count);
  return zip_source_close(source) == 0 && count == 0;
}

llvm::Error lw::writeNpzFile(StringRef path, const NpzFile &file) {
  std::vector<Member> members;
  for (const auto &[name, text] : file.texts)
    members.push_back({name, text, {}});
  for (const auto &[name, array] : file.arrays) {
    Member &member =
        members.emplace_back(Member{name + ".npy", "", array.data});
    llvm::raw_string_ostream stream(member.head);
    writeNpyHeader(stream, array);
  }
  // In memory: libzip would make a temporary file of its own, and seek.
  zip_error_t error;
  zip_error_init(&error);
  llvm::scope_exit freeError([&] { zip_error_fini(&error); });
  ZipSource buffer(zip_source_buffer_create(nullptr, 0, 0, &error));
  if (!buffer)
    return fileError(path, zip_error_strerror(&error));
  ZipArchive archive(
      zip_open_from_source(buffer.get(), ZIP_CREATE | ZIP_TRUNCATE, &error));
  if (!archive)
    return fileError(path, zip_error_strerror(&error));
  // The archive frees one reference, `buffer` the other.
  zip_source_keep(buffer.get());
  for (const Member &member : members)
    if (!addMember(archive.get(), member))
      return fileError(path, "member '" + member.name +
                                 "': " + zip_strerror(archive.get()));
  zip_t *closing = archive.release();
  if (zip_close(closing) != 0) {
    // Not closed: it is ours again.
    archive.reset(closing);
    return fileError(path, zip_strerror(closing));
  }
  return writeOutput(path, [&](llvm::raw_ostream &stream) -> llvm::Error {
    if (copyArchive(buffer.get(), stream))
      return llvm::Error::success();
    return fileError(path, zip_error_strerror(zip_source_error(buffer.get())));
  });
}

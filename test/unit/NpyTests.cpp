//===- NpyTests.cpp - NumPy's array files
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/IO/Npy.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace mlir::lw;

/// A file as NumPy writes it.
static std::string makeFile(std::string header, std::string elements,
                            char version = 1) {
  std::string file = "\x93NUMPY";
  file += version;
  file += '\0';
  char length[4];
  llvm::support::endian::write32le(length, header.size() + 1);
  file.append(length, version == 1 ? 2 : 4);
  return file + header + "\n" + elements;
}

static std::string errorOf(const std::string &file) {
  auto array = parseNpy(file);
  return array ? "" : llvm::toString(array.takeError());
}

TEST(Npy, ReadsVersionsAndByteOrders) {
  std::string little("\0\0\x80\x3f\0\0\0\x40", 8),
      big("\x3f\x80\0\0\x40\0\0\0", 8);
  for (char version : {1, 2, 3})
    for (bool isBig : {false, true}) {
      std::string header = std::string("{'descr': '") + (isBig ? ">" : "<") +
                           "f4', 'fortran_order': False, 'shape': (2,), }";
      auto array = parseNpy(makeFile(header, isBig ? big : little, version));
      ASSERT_TRUE(static_cast<bool>(array))
          << llvm::toString(array.takeError());
      EXPECT_EQ(array->toFloats(), (std::vector<float>{1, 2}));
    }
}

TEST(Npy, ConvertsColumnMajor) {
  // Columns of [[1, 2, 3], [4, 5, 6]].
  std::string header =
      "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }";
  auto array = parseNpy(makeFile(header, "\1\4\2\5\3\6"));
  ASSERT_TRUE(static_cast<bool>(array));
  EXPECT_EQ(array->toFloats(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(array->describe(), "uint8 array of shape 2x3");
}

TEST(Npy, ReadsScalarsAndHalves) {
  auto array = parseNpy(
      makeFile("{'descr': '<f2', 'fortran_order': False, 'shape': (), }",
               std::string("\0\x3e", 2)));
  ASSERT_TRUE(static_cast<bool>(array));
  EXPECT_EQ(array->toFloats(), std::vector<float>{1.5});
}

TEST(Npy, RoundTrips) {
  NpyArray array = NpyArray::fromFloats({2, 1, 3}, {1, -2, 3, 0.5, 1e30f, 0});
  std::string file;
  llvm::raw_string_ostream stream(file);
  writeNpy(stream, array);
  EXPECT_EQ((file.size() - array.data.size()) % 64, 0u);
  auto result = parseNpy(file);
  ASSERT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(result->shape, array.shape);
  EXPECT_EQ(result->data, array.data);
}

TEST(Npy, LabelsAreIntegers) {
  NpyArray array = NpyArray::fromFloats({2}, {3, 2.5});
  EXPECT_EQ(llvm::toString(array.toIntegers().takeError()),
            "expected integers, element 1 is 2.5");
  array = NpyArray::fromFloats({2}, {3, -1});
  EXPECT_EQ(llvm::cantFail(array.toIntegers()), (std::vector<int64_t>{3, -1}));
}

TEST(Npy, RefusesMalformedFiles) {
  std::string header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  std::string good = makeFile(header, std::string(8, '\0'));
  ASSERT_EQ(errorOf(good), "");
  // Every truncation has a message.
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(errorOf(good.substr(0, size)), "") << size;
  EXPECT_EQ(errorOf(good + "x"),
            "trailing data: a float32 array of shape 2 needs 8 "
            "bytes of elements, found 9");
  auto withHeader = [&](const char *text) {
    return errorOf(makeFile(text, std::string(8, '\0')));
  };
  EXPECT_EQ(
      withHeader("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }"),
      "elements of type '<c8', expected booleans, integers or floats of "
      "at most 8 bytes");
  EXPECT_EQ(withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': "
                       "(4611686018427387904, 4611686018427387904), }"),
            "the product of the extents overflows");
  for (const char *bad :
       {"", "{", "{}", "{'descr': }", "{'descr': '<f4'}", "{'shape': (2,)",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } x",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }"})
    EXPECT_EQ(withHeader(bad), "malformed NumPy header") << bad;
  EXPECT_EQ(errorOf(makeFile(header, std::string(8, '\0'), 4)),
            "NumPy format version 4, expected 1, 2 or 3");
}

namespace {

/// A file that goes with the test.
class TemporaryFile {
public:
  TemporaryFile(const char *suffix, llvm::StringRef bytes) {
    llvm::SmallString<128> name;
    EXPECT_FALSE(llvm::sys::fs::createTemporaryFile("npy", suffix, name));
    path = name.str().str();
    std::error_code error;
    llvm::raw_fd_ostream(path, error) << bytes;
    EXPECT_FALSE(error);
  }
  ~TemporaryFile() { llvm::sys::fs::remove(path); }

  std::string path;
};

/// Reads pieces of 1, 2, 3, ... bytes, then some of them again.
void expectPieces(llvm::StringRef path, const NpyArray &expected) {
  auto reader = llvm::cantFail(NpyReader::open(path));
  EXPECT_EQ(reader.getInfo().shape, expected.shape);
  EXPECT_EQ(reader.getInfo().dtype, expected.dtype);
  EXPECT_TRUE(reader.getInfo().data.empty());
  std::vector<std::pair<size_t, size_t>> pieces;
  for (size_t begin = 0, size = 1; begin < expected.data.size();
       begin += size++)
    pieces.emplace_back(begin, std::min(size, expected.data.size() - begin));
  pieces.insert(pieces.end(), {pieces[5], pieces[7], pieces[0]});
  for (auto [begin, size] : pieces) {
    std::vector<char> bytes(size);
    llvm::cantFail(reader.read(begin, bytes));
    EXPECT_TRUE(
        std::equal(bytes.begin(), bytes.end(), expected.data.begin() + begin));
  }
}

} // namespace

TEST(NpyReader, PiecesAreThoseOfTheWhole) {
  std::vector<float> values(600);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = 0.5f * i;
  NpyArray array = NpyArray::fromFloats({20, 30}, values);
  std::string bytes;
  llvm::raw_string_ostream stream(bytes);
  writeNpy(stream, array);
  expectPieces(TemporaryFile("npy", bytes).path, array);

  TemporaryFile archive("npz", "");
  llvm::cantFail(writeNpzFile(
      archive.path,
      {{{"other", NpyArray::fromFloats({1}, {1.0f})}, {"x", array}},
       {{"notes.txt", "text"}}}));
  expectPieces(archive.path + ":x", array);
  NpzFile file = llvm::cantFail(readNpzFile(archive.path));
  ASSERT_EQ(file.arrays.size(), 2u);
  EXPECT_EQ(file.arrays[1].second.data, array.data);
  EXPECT_EQ(file.texts[0].first, "notes.txt");
  EXPECT_EQ(file.texts[0].second, "text");

  // Columns of 10 x 2 bytes 0, 1, 2, ...: read whole and converted.
  std::string columns;
  for (int j = 0; j < 2; ++j)
    for (int i = 0; i < 10; ++i)
      columns += static_cast<char>(2 * i + j);
  NpyArray converted;
  converted.dtype = "u1";
  converted.shape = {10, 2};
  for (int i = 0; i < 20; ++i)
    converted.data.push_back(static_cast<char>(i));
  TemporaryFile fortran("npy", makeFile("{'descr': '|u1', 'fortran_order': "
                                        "True, 'shape': (10, 2), }",
                                        columns));
  auto reader = llvm::cantFail(NpyReader::open(fortran.path));
  std::vector<char> last(7);
  llvm::cantFail(reader.read(13, last));
  EXPECT_TRUE(
      std::equal(last.begin(), last.end(), converted.data.begin() + 13));
}

TEST(NpyReader, NamesOfArraysBecomeKeys) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(npzKeys(Names{"x", "y"}), (Names{"x", "y"}));
  EXPECT_EQ(npzKeys(Names{"a/b", "a\\b", "a_b", "a\x01", "\x7f"}),
            (Names{"a_b_2", "a_b_3", "a_b", "a_", "_"}));
  // A number that is a name already is left out.
  EXPECT_EQ(npzKeys(Names{"y", "y", "y_2", "y"}),
            (Names{"y", "y_3", "y_2", "y_4"}));
}

TEST(NpyReader, FindsDamagedElements) {
  // Longer than what is read to find the header.
  std::vector<float> values(1 << 16, 0.5f);
  TemporaryFile archive("npz", "");
  llvm::cantFail(writeNpzFile(
      archive.path, {{{"x", NpyArray::fromFloats({1 << 16}, values)}}, {}}));
  auto buffer = llvm::cantFail(
      llvm::errorOrToExpected(llvm::MemoryBuffer::getFile(archive.path)));
  std::string bytes = buffer->getBuffer().str();
  bytes[bytes.size() / 2] ^= 1;
  TemporaryFile damaged("npz", bytes);
  auto whole = llvm::cantFail(NpyReader::open(damaged.path));
  EXPECT_NE(llvm::toString(whole.readAll().takeError()).find("CRC"),
            std::string::npos);
  EXPECT_NE(llvm::toString(readNpzFile(damaged.path).takeError()).find("CRC"),
            std::string::npos);
  // With the last piece, whichever was read before.
  auto reader = llvm::cantFail(NpyReader::open(damaged.path));
  std::vector<char> half(values.size() * sizeof(float) / 2);
  llvm::cantFail(reader.read(0, half));
  EXPECT_NE(llvm::toString(reader.read(half.size(), half)).find("CRC"),
            std::string::npos);
  // Without reading them all.
  auto other = llvm::cantFail(NpyReader::open(damaged.path));
  llvm::cantFail(other.read(8, llvm::MutableArrayRef(half).take_front(4)));
  EXPECT_NE(llvm::toString(other.checkRest()).find("CRC"), std::string::npos);
  auto good = llvm::cantFail(NpyReader::open(archive.path));
  llvm::cantFail(good.checkRest());
}

TEST(NpyReader, RefusesMalformedFiles) {
  auto errorOf = [](llvm::StringRef path) {
    return llvm::toString(NpyReader::open(path).takeError());
  };
  std::string header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  std::string good = makeFile(header, std::string(8, '\0'));
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(errorOf(TemporaryFile("npy", good.substr(0, size)).path), "");
  EXPECT_NE(errorOf(TemporaryFile("npy", good + "x").path)
                .find("trailing data: a float32 array"),
            std::string::npos);
  EXPECT_NE(errorOf("no/such.npy").find("No such file"), std::string::npos);
  EXPECT_NE(errorOf("no/such.npz:x").find("no/such.npz: "), std::string::npos);
  TemporaryFile archive("npz", "");
  llvm::cantFail(writeNpzFile(
      archive.path, {{{"x", NpyArray::fromFloats({1}, {1.0f})}}, {}}));
  EXPECT_NE(errorOf(archive.path + ":y").find("no array 'y'"),
            std::string::npos);

  // Cut while it is read.
  TemporaryFile cut("npy", good);
  auto reader = llvm::cantFail(NpyReader::open(cut.path));
  std::error_code error;
  llvm::raw_fd_ostream(cut.path, error) << good.substr(0, good.size() - 4);
  std::vector<char> bytes(8);
  EXPECT_NE(
      llvm::toString(reader.read(0, bytes)).find("the file has become shorter"),
      std::string::npos);
}

//===- NpyTests.cpp - NumPy's array files
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/Npy.h"
#include "llvm/Support/Endian.h"
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

//===- AccuracyTests.cpp - Top-1 and top-5, and images
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/IO/Images.h"
#include "lw/Support/Accuracy.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace mlir::lw;

TEST(Accuracy, CountsRanks) {
  Accuracy accuracy;
  std::vector<float> scores = {5, 4, 3, 2, 1, 0};
  for (int64_t label = 0; label < 6; ++label)
    accuracy.add(scores, label);
  EXPECT_EQ(accuracy.samples, 6);
  EXPECT_EQ(accuracy.top1, 1);
  EXPECT_EQ(accuracy.top5, 5);
}

TEST(Accuracy, BreaksTiesByIndex) {
  Accuracy accuracy;
  accuracy.add({1, 1}, 1);
  EXPECT_EQ(accuracy.top1, 0);
  accuracy.add({1, 1}, 0);
  EXPECT_EQ(accuracy.top1, 1);
}

TEST(Accuracy, NaNIsWrong) {
  Accuracy accuracy;
  accuracy.add({std::nanf(""), 1}, 1);
  EXPECT_EQ(accuracy.invalid, 1);
  EXPECT_EQ(accuracy.top1 + accuracy.top5, 0);
  EXPECT_EQ(accuracy.samples, 1);
}

TEST(Images, LayoutsAndChannels) {
  ImagePreprocessing preprocessing;
  preprocessing.scale = 2;
  preprocessing.mean = {1, 2, 3};
  preprocessing.bgr = true;
  const uint8_t pixels[] = {10, 20, 30, 40, 50, 60}; // 1x2 pixels
  std::vector<float> values(6);
  auto nchw = llvm::cantFail(
      ImageConverter::create({1, 1, 2, 3}, {1, 3, 1, 2}, preprocessing));
  nchw.convert(pixels, 1, values.data());
  EXPECT_EQ(values, (std::vector<float>{59, 119, 38, 98, 17, 77}));
  auto nhwc = llvm::cantFail(
      ImageConverter::create({1, 1, 2, 3}, {1, 1, 2, 3}, preprocessing));
  nhwc.convert(pixels, 1, values.data());
  EXPECT_EQ(values, (std::vector<float>{59, 38, 17, 119, 98, 77}));
}

TEST(Images, Errors) {
  auto errorOf = [](llvm::ArrayRef<int64_t> image,
                    llvm::ArrayRef<int64_t> input,
                    const ImagePreprocessing &preprocessing) {
    return llvm::toString(
        ImageConverter::create(image, input, preprocessing).takeError());
  };
  ImagePreprocessing preprocessing;
  EXPECT_EQ(errorOf({2, 3}, {1, 3, 4, 4}, preprocessing),
            "expected images of shape (N,H,W,C), found 2x3");
  preprocessing.std = {1, 2};
  EXPECT_EQ(errorOf({1, 4, 4, 3}, {1, 3, 4, 4}, preprocessing),
            "--std has 2 values, the images have 3 channels");
  preprocessing.std = {1};
  preprocessing.bgr = true;
  EXPECT_EQ(errorOf({1, 4, 4, 1}, {1, 1, 4, 4}, preprocessing),
            "--bgr needs 3 channels, the images have 1");
}

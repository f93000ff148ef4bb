//===- MemoryPlanTests.cpp - Buffers in one arena
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/MemoryPlan.h"
#include "gtest/gtest.h"
#include <random>
#include <vector>

using namespace mlir::lw;

namespace {

std::vector<PlannedBuffer *> pointers(std::vector<PlannedBuffer> &buffers) {
  std::vector<PlannedBuffer *> result;
  for (PlannedBuffer &buffer : buffers)
    result.push_back(&buffer);
  return result;
}

TEST(MemoryPlan, NoneNeedsNothing) {
  std::vector<PlannedBuffer *> none;
  EXPECT_LE(planMemory(none), 0);
  EXPECT_EQ(findPeak(none).bytes, 0);
}

TEST(MemoryPlan, DeadBuffersAreReused) {
  std::vector<PlannedBuffer> chain = {{64, 0, 1}, {64, 1, 2}, {64, 2, 3}};
  auto all = pointers(chain);
  EXPECT_EQ(planMemory(all), 128);
  EXPECT_EQ(chain[0].offset, chain[2].offset);
  EXPECT_EQ(findPeak(all).bytes, 128);
}

/// No two that live together share a byte, counted byte by byte; the arena is
/// no smaller than the peak, counted time by time.
TEST(MemoryPlan, RandomBuffers) {
  std::mt19937 random(7);
  auto draw = [&](int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random);
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<PlannedBuffer> buffers(draw(1, 20));
    for (PlannedBuffer &buffer : buffers) {
      buffer.bytes = draw(1, 30);
      buffer.first = draw(0, 15);
      buffer.last = buffer.first + draw(0, 5);
    }
    auto all = pointers(buffers);
    int64_t bytes = planMemory(all), peak = 0, end = 0;
    for (int time = 0; time <= 20; ++time) {
      std::vector<int> users(bytes);
      int64_t live = 0;
      for (const PlannedBuffer &buffer : buffers) {
        if (time < buffer.first || buffer.last < time)
          continue;
        live += buffer.bytes;
        ASSERT_GE(buffer.offset, 0);
        ASSERT_LE(buffer.offset + buffer.bytes, bytes);
        for (int64_t i = 0; i < buffer.bytes; ++i)
          EXPECT_EQ(users[buffer.offset + i]++, 0);
      }
      peak = std::max(peak, live);
    }
    for (const PlannedBuffer &buffer : buffers)
      end = std::max(end, buffer.offset + buffer.bytes);
    EXPECT_EQ(bytes, end);
    EXPECT_EQ(findPeak(all).bytes, peak);
    EXPECT_GE(bytes, peak);
  }
}

} // namespace

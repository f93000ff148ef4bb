//===- DialectTests.cpp - Arithmetic of the lw dialect
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwOps.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lw;

// Counts the window positions by sliding, as the definition says.
static int64_t slide(int64_t in, int64_t kernel, int64_t stride, int64_t before,
                     int64_t after, int64_t dilation) {
  int64_t count = 0;
  for (int64_t start = -before; start + dilation * (kernel - 1) < in + after;
       start += stride)
    ++count;
  return count;
}

TEST(ConvOutputExtent, AgreesWithSliding) {
  for (int64_t in = 1; in < 12; ++in)
    for (int64_t kernel = 1; kernel < 6; ++kernel)
      for (int64_t stride = 1; stride < 4; ++stride)
        for (int64_t before = 0; before < 3; ++before)
          for (int64_t after = 0; after < 3; ++after)
            for (int64_t dilation = 1; dilation < 4; ++dilation)
              EXPECT_EQ(
                  convOutputExtent(in, kernel, stride, before, after, dilation)
                      .value_or(0),
                  slide(in, kernel, stride, before, after, dilation));
}

TEST(ConvOutputExtent, RefusesOverflow) {
  int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_FALSE(convOutputExtent(8, most, 1, 0, 0, most));
  EXPECT_FALSE(convOutputExtent(most, 3, 1, 1, 1, 1));
}

TEST(Activation, MatchesItsFormula) {
  MLIRContext context;
  context.loadDialect<LwDialect>();
  auto apply = [&](ActivationKind kind, float x, float a = 0, float b = 0) {
    return ActivationAttr::get(&context, kind, a, b).apply(x);
  };
  EXPECT_EQ(apply(ActivationKind::Relu, -2), 0);
  EXPECT_EQ(apply(ActivationKind::Clamp, 9, 0, 6), 6);
  EXPECT_EQ(apply(ActivationKind::LeakyRelu, -2, 0.5f), -1);
  EXPECT_FLOAT_EQ(apply(ActivationKind::Sigmoid, 1), 1 / (1 + std::exp(-1.0f)));
  EXPECT_FLOAT_EQ(apply(ActivationKind::HardSigmoid, 1, 0.2f, 0.5f), 0.7f);
  EXPECT_FLOAT_EQ(apply(ActivationKind::HardSwish, 1), 4.0f / 6);
  EXPECT_FLOAT_EQ(apply(ActivationKind::Silu, 2), 2 / (1 + std::exp(-2.0f)));
}

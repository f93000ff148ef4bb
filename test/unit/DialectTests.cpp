//===- DialectTests.cpp - Arithmetic of the lw dialect
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
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
  // Of tables of the normal distribution, and the formula by hand.
  EXPECT_NEAR(apply(ActivationKind::Gelu, 1), 0.84134475f, 1e-7f);
  EXPECT_NEAR(apply(ActivationKind::Gelu, -2), -0.04550026f, 1e-8f);
  EXPECT_NEAR(apply(ActivationKind::GeluTanh, 1), 0.84119199f, 1e-7f);
  float infinity = std::numeric_limits<float>::infinity();
  for (ActivationKind kind :
       {ActivationKind::Silu, ActivationKind::Gelu, ActivationKind::GeluTanh}) {
    EXPECT_EQ(apply(kind, -infinity), 0);
    EXPECT_EQ(apply(kind, infinity), infinity);
  }
}

// The result types that inference gives, from operand types alone.
TEST(Inference, FollowsOperands) {
  MLIRContext context;
  context.loadDialect<LwDialect>();
  OpBuilder builder(&context);
  Location location = builder.getUnknownLoc();
  Block block;
  auto value = [&](ArrayRef<int64_t> shape) {
    return block.addArgument(RankedTensorType::get(shape, builder.getF32Type()),
                             location);
  };
  auto shapeOf = [](Operation *op) {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    std::vector<int64_t> shape = type.getShape().vec();
    op->destroy();
    return shape;
  };
  using Shape = std::vector<int64_t>;
  const int64_t unknown = ShapedType::kDynamic;
  const int64_t ones[] = {1, 1}, twos[] = {2, 2}, around[] = {1, 1, 1, 1};
  Value none;
  Value x = value({unknown, 9, 7, 4}), wide = value({1, unknown, 7, 4});

  EXPECT_EQ(shapeOf(Conv2DOp::create(builder, location, x, value({3, 3, 2, 6}),
                                     none, none, twos, around, ones, 2,
                                     ActivationAttr(), nullptr)),
            (Shape{unknown, 5, 4, 6}));
  EXPECT_EQ(shapeOf(DepthwiseConv2DOp::create(
                builder, location, wide, value({3, 3, 4, 3}), none, none, ones,
                around, twos, ActivationAttr(), nullptr)),
            (Shape{1, unknown, 5, 12}));
  EXPECT_EQ(shapeOf(PointwiseConv2DOp::create(builder, location, x,
                                              value({1, 1, 4, 5}), none, none,
                                              twos, ActivationAttr(), nullptr)),
            (Shape{unknown, 5, 4, 5}));
  EXPECT_EQ(shapeOf(SeparableConv2DOp::create(
                builder, location, x, value({5, 1, 4, 2}), value({1, 1, 8, 3}),
                none, none, ones, around, ones, ActivationAttr(), nullptr)),
            (Shape{unknown, 7, 9, 3}));
}

// Parameters are checked where attributes are made, not only where they are
// read.
TEST(Activation, RefusesBadParameters) {
  MLIRContext context;
  context.loadDialect<LwDialect>();
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    message = diagnostic.str();
    return success();
  });
  auto make = [&](ActivationKind kind, APFloat alpha, APFloat beta) {
    return ActivationAttr::getChecked(
        [&] { return emitError(UnknownLoc::get(&context)); }, &context, kind,
        alpha, beta);
  };
  EXPECT_FALSE(make(ActivationKind::Clamp, APFloat(1.0), APFloat(2.0)));
  EXPECT_EQ(message, "expects alpha and beta to be f32");
  EXPECT_TRUE(make(ActivationKind::Clamp, APFloat(1.0f), APFloat(2.0f)));
}

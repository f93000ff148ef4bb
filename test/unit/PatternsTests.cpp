//===- PatternsTests.cpp - Patterns outside of their passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwOps.h"
#include "lw/InitAll.h"
#include "lw/Transforms/Patterns.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace {

// x * 1, a pad, a convolution, a batch norm and a ReLU.
constexpr const char *kNetwork = R"(
func.func @main(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32> {
  %one = "tosa.const"() {values = dense<1.0> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
  %shift = "tosa.const"() {values = dense<0> : tensor<1xi8>} : () -> tensor<1xi8>
  %0 = tosa.mul %x, %one, %shift : (tensor<1x4x4x1xf32>, tensor<1x1x1x1xf32>, tensor<1xi8>) -> tensor<1x4x4x1xf32>
  %zero = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %amounts = tosa.const_shape {values = dense<[0, 0, 1, 1, 1, 1, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %1 = tosa.pad %0, %amounts, %zero : (tensor<1x4x4x1xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x6x6x1xf32>
  %w = "tosa.const"() {values = dense<2.0> : tensor<3x3x1x1xf32>} : () -> tensor<3x3x1x1xf32>
  %2 = lw.conv_2d %1, %w : (tensor<1x6x6x1xf32>, tensor<3x3x1x1xf32>) -> tensor<1x4x4x1xf32>
  %p = "tosa.const"() {values = dense<1.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %3 = lw.batch_norm %2, %p, %p, %p, %p {epsilon = 0.0 : f32} : tensor<1x4x4x1xf32>, tensor<1xf32>
  %4 = tosa.clamp %3 {min_val = 0.0 : f32, max_val = 3.40282347E+38 : f32} : (tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32>
  return %4 : tensor<1x4x4x1xf32>
})";

template <typename Op> int64_t count(ModuleOp module) {
  int64_t result = 0;
  module.walk([&](Op) { ++result; });
  return result;
}

} // namespace

// Whoever applies them needs no pass and no statistics.
TEST(Patterns, WithoutPasses) {
  DialectRegistry registry;
  lw::registerAllDialects(registry);
  MLIRContext context(registry);
  context.loadDialect<lw::LwDialect, tosa::TosaDialect>();
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(kNetwork, ParserConfig(&context));
  ASSERT_TRUE(module);
  auto apply = [&](llvm::function_ref<void(RewritePatternSet &)> populate) {
    RewritePatternSet patterns(&context);
    populate(patterns);
    return applyPatternsGreedily(*module, std::move(patterns));
  };

  ASSERT_TRUE(succeeded(apply([](RewritePatternSet &patterns) {
    lw::populateDropIdentityPatterns(patterns);
    lw::populateSinkTransposePatterns(patterns);
    lw::populateSinkReshapePatterns(patterns);
  })));
  EXPECT_EQ(count<tosa::MulOp>(*module), 0);
  EXPECT_EQ(count<tosa::PadOp>(*module), 1);
  ASSERT_TRUE(succeeded(apply([](RewritePatternSet &patterns) {
    lw::populateAbsorbPadPatterns(patterns);
  })));
  EXPECT_EQ(count<tosa::PadOp>(*module), 0);
  EXPECT_EQ(count<lw::BatchNormOp>(*module), 1);
  ASSERT_TRUE(succeeded(apply([](RewritePatternSet &patterns) {
    lw::populateFoldIntoPreviousPatterns(patterns);
  })));
  EXPECT_EQ(count<lw::BatchNormOp>(*module), 0);
  EXPECT_EQ(count<tosa::ClampOp>(*module), 1);
  ASSERT_TRUE(succeeded(apply([](RewritePatternSet &patterns) {
    lw::populateFuseEpiloguePatterns(patterns);
  })));
  EXPECT_EQ(count<tosa::ClampOp>(*module), 0);
}

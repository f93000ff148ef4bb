//===- ReconstructionLimitsTests.cpp - Networks and samples that say no
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ReconstructionNetwork.h"

using namespace mlir;
using namespace mlir::lw;

TEST_F(Reconstruction, SaysWhatTheNearestIs) {
  OwningOpRef<ModuleOp> module = makeNetwork();
  SeparableOutcome outcome = cantFail(rewrite(*module, "macs=100x"));
  EXPECT_FALSE(outcome.feasible);
  EXPECT_NE(outcome.message.find("cannot reach 100.00 times fewer MACs"),
            std::string::npos);
  EXPECT_LT(outcome.macsAfter, outcome.macsBefore);
}

TEST_F(Reconstruction, TooFewSamplesKeepTheLayer) {
  samples.count = 1;
  OwningOpRef<ModuleOp> module = makeNetwork();
  SeparableOutcome outcome = cantFail(rewrite(*module, "macs=2x"));
  EXPECT_FALSE(outcome.feasible);
  EXPECT_EQ(outcome.layers[0].note,
            "kept: 1 samples are too few, 3 are needed");
}

TEST_F(Reconstruction, RefusesBadSamples) {
  OwningOpRef<ModuleOp> module = makeNetwork();
  inputs[kPixels * kChannels + 3] = std::numeric_limits<float>::quiet_NaN();
  auto outcome = rewrite(*module, "macs=2x");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(llvm::toString(outcome.takeError()),
            "sample 1 holds a NaN or an infinity: leave it out, or check how "
            "it was made and its preprocessing");
  samples.count = 0;
  outcome = rewrite(*module, "macs=2x");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(llvm::toString(outcome.takeError()),
            "calibration needs samples, found none");
}

TEST_F(Reconstruction, LeavesTheNetworkAloneWhereNothingIsFaster) {
  // No form of a pointwise convolution to one channel saves anything.
  auto module = parseSourceString<ModuleOp>(R"mlir(
func.func @main(%x: tensor<1x8x8x8xf32>) -> tensor<1x8x8x1xf32> {
  %w = "tosa.const"() <{values = dense<0.5> : tensor<1x1x8x1xf32>}>
       : () -> tensor<1x1x8x1xf32>
  %0 = lw.pointwise_conv_2d %x, %w
       : (tensor<1x8x8x8xf32>, tensor<1x1x8x1xf32>) -> tensor<1x8x8x1xf32>
  return %0 : tensor<1x8x8x1xf32>
}
)mlir",
                                            &context);
  SeparableOutcome outcome = cantFail(rewrite(*module, "time=3x"));
  EXPECT_FALSE(outcome.feasible);
  EXPECT_EQ(outcome.message, "no plan makes the network faster: it stays as "
                             "it is");
  EXPECT_FALSE(outcome.layers[0].isRewritten);
  EXPECT_EQ(outcome.timeAfter, outcome.timeBefore);
}

TEST_F(Reconstruction, ChecksLabels) {
  auto drop = [&](std::vector<int64_t> labels) {
    OwningOpRef<ModuleOp> module = makeNetwork();
    SeparableOptions options = cantFail(parseSeparableOptions("max-drop=1"));
    options.labels = std::move(labels);
    auto outcome = reconstructSeparable(
        module->lookupSymbol<func::FuncOp>("main"), samples, compile, options);
    return outcome ? std::string() : llvm::toString(outcome.takeError());
  };
  // Scores of four classes for every pixel of every sample.
  int64_t count = kSamples * kPixels;
  EXPECT_EQ(drop({}), "the goal max-drop needs the labels of the calibration "
                      "samples");
  EXPECT_EQ(drop({1, 2, 3}), "3 labels for 4096 calibration samples");
  std::vector<int64_t> labels(count, 0);
  labels[7] = 4;
  EXPECT_EQ(drop(labels),
            "label 7 of the calibration samples is 4, expected 0 to 3");
}

TEST_F(Reconstruction, FormsThatEndInNaNAreOut) {
  // The logarithm of scores that are just positive as they are: most forms make
  // some of them negative.
  OwningOpRef<ModuleOp> module = makeNetwork();
  std::vector<float> scores = run(*module, kSamples);
  float least = *std::min_element(scores.begin(), scores.end());
  auto main = module->lookupSymbol<func::FuncOp>("main");
  Operation *end = main.getBody().front().getTerminator();
  OpBuilder builder(end);
  Value result = end->getOperand(0);
  Value offset =
      createConstant(builder, main.getLoc(), {1, 1, 1, 1}, {1e-4f - least});
  Value sum = tosa::AddOp::create(builder, main.getLoc(), result.getType(),
                                  result, offset);
  end->setOperand(
      0, tosa::LogOp::create(builder, main.getLoc(), result.getType(), sum));
  for (const char *goal : {"macs=1.5x", "max-error=100"}) {
    OwningOpRef<ModuleOp> copy = cast<ModuleOp>(module->clone());
    SeparableOptions options = cantFail(parseSeparableOptions(goal));
    auto outcome = reconstructSeparable(
        copy->lookupSymbol<func::FuncOp>("main"), samples, compile, options);
    // Either the plan does without, or it says so.
    if (!outcome) {
      EXPECT_THAT(llvm::toString(outcome.takeError()),
                  testing::HasSubstr("hold a NaN or an infinity"));
      continue;
    }
    EXPECT_TRUE(std::isfinite(outcome->error)) << goal;
    for (float x : run(*copy, kSamples))
      ASSERT_TRUE(std::isfinite(x)) << goal;
  }
}

TEST_F(Reconstruction, RefusesSamplesThatSayNothing) {
  OwningOpRef<ModuleOp> module = makeNetwork();
  std::fill(inputs.begin(), inputs.end(), 0.0f);
  auto outcome = rewrite(*module, "macs=2x");
  ASSERT_FALSE(outcome);
  EXPECT_THAT(llvm::toString(outcome.takeError()),
              testing::HasSubstr("the network's outputs are the same for all "
                                 "16 calibration samples"));
}

TEST_F(Reconstruction, KeepsLayersThatNeverChange) {
  // A first bias so low that no value passes its ReLU: the second layer sees
  // zeros, and any form of it would look exact.
  OwningOpRef<ModuleOp> module = makeNetwork();
  auto main = module->lookupSymbol<func::FuncOp>("main");
  ConvolutionOpInterface first;
  main.walk([&](ConvolutionOpInterface conv) { first = first ? first : conv; });
  OpBuilder builder(first);
  first.setConvBias(createConstant(builder, main.getLoc(), {kChannels},
                                   std::vector<float>(kChannels, -1e6f)));
  SeparableOutcome outcome = cantFail(rewrite(*module, "max-error=0.5"));
  EXPECT_EQ(outcome.layers[1].note, "kept: it gives the same for all samples");
  EXPECT_FALSE(outcome.layers[1].isRewritten);
}

TEST_F(Reconstruction, SkipsLayersByName) {
  OwningOpRef<ModuleOp> module = makeNetwork();
  // A name with a comma.
  module->walk([&](ConvolutionOpInterface conv) {
    if (cast<NameLoc>(conv.getLoc()).getName() == "first")
      conv->setLoc(NameLoc::get(StringAttr::get(&context, "a,first")));
  });
  SeparableOutcome outcome =
      cantFail(rewrite(*module, "max-error=1e-6,skip=a,first,scores"));
  EXPECT_EQ(outcome.layers[0].note, "kept: skipped");
  EXPECT_FALSE(outcome.layers[0].isRewritten);
  EXPECT_EQ(outcome.layers[2].note, "kept: skipped");
  module = makeNetwork();
  auto wrong = rewrite(*module, "macs=2x,skip=third");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(llvm::toString(wrong.takeError()),
            "no layer 'third' to skip; the layers that can be rewritten are "
            "first, second, scores");
}

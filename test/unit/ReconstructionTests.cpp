//===- ReconstructionTests.cpp - Cheaper networks under one budget
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ReconstructionNetwork.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace mlir::lw;

TEST_F(Reconstruction, StepsGiveWhatTheNetworkGives) {
  OwningOpRef<ModuleOp> module = makeNetwork();
  std::vector<float> expected = run(*module);
  auto network = cantFail(SteppedNetwork::create(
      module->lookupSymbol<func::FuncOp>("main"), compile));
  EXPECT_EQ(network.getSteps().size(), 3u);
  SampleRuns runs(network, 16);
  cantFail(runs.readInputs(samples));
  cantFail(runs.run(0));
  // From the middle on, for one sample apart from the others.
  SampleTail tail(network, runs);
  cantFail(tail.run(1, 5));
  size_t result = network.getResults()[0];
  EXPECT_LT(distance(ArrayRef(expected).slice(5 * kPixels * 4, kPixels * 4),
                     tail.get(result)),
            1e-6);
  cantFail(runs.run(1));
  cantFail(runs.run(2));
  EXPECT_LT(distance(expected, ArrayRef(runs.get(result, 0), expected.size())),
            1e-6);
}

TEST_F(Reconstruction, FindsWhatIsSeparable) {
  OwningOpRef<ModuleOp> module = makeNetwork();
  std::vector<float> expected = run(*module);
  SeparableOutcome outcome = cantFail(rewrite(*module, "max-error=1e-6"));
  ASSERT_TRUE(succeeded(verify(*module)));
  ASSERT_EQ(outcome.layers.size(), 3u);
  EXPECT_EQ(outcome.layers[0].form, "dw3x3 T=2, 1x1");
  EXPECT_EQ(outcome.layers[1].form, "keep");
  EXPECT_TRUE(outcome.feasible);
  EXPECT_LT(outcome.error, 1e-6);
  EXPECT_LT(distance(expected, run(*module)), 1e-3);
}

TEST_F(Reconstruction, KeepsTheBudgetAndReportsTheError) {
  OwningOpRef<ModuleOp> module = makeNetwork();
  std::vector<float> expected = run(*module);
  SeparableOutcome outcome = cantFail(rewrite(*module, "macs=2x"));
  ASSERT_TRUE(succeeded(verify(*module)));
  EXPECT_TRUE(outcome.feasible);
  EXPECT_LE(outcome.macsAfter * 2, outcome.macsBefore);
  int64_t macs = 0;
  module->walk([&](ConvolutionOpInterface conv) { macs += conv.getMacs(); });
  EXPECT_EQ(macs, outcome.macsAfter);
  // A share of the deviation from the mean over the samples.
  std::vector<float> found = run(*module);
  int64_t size = kPixels * 4;
  double difference = 0, power = 0;
  for (int64_t i = 0; i < size; ++i) {
    double mean = 0;
    for (int64_t n = 0; n < 16; ++n)
      mean += expected[n * size + i] / 16;
    for (int64_t n = 0; n < 16; ++n) {
      double exact = expected[n * size + i], now = found[n * size + i];
      difference += (now - exact) * (now - exact);
      power += (exact - mean) * (exact - mean);
    }
  }
  EXPECT_NEAR(outcome.error, difference / power, 1e-3 * outcome.error);
  EXPECT_LT(outcome.error, 0.1);
}

TEST_F(Reconstruction, TheLargerOfTwoSummandsIsFittedToTheSum) {
  OwningOpRef<ModuleOp> module = makeNetwork();
  // A pointwise shortcut that takes the second convolution as its residual.
  auto main = module->lookupSymbol<func::FuncOp>("main");
  SmallVector<ConvolutionOpInterface> convs;
  main.walk([&](ConvolutionOpInterface conv) { convs.push_back(conv); });
  ConvolutionOpInterface second = convs[1];
  ActivationAttr relu = second.getConvActivation();
  second.setConvResidual(Value());
  second.setConvActivation(nullptr);
  OpBuilder builder(convs[2]);
  Value weights =
      createConstant(builder, main.getLoc(), {1, 1, 8, 8}, randomFloats(64, 6));
  auto shortcut = PointwiseConv2DOp::create(
      builder, main.getLoc(), main.getArgument(0), weights, Value(),
      second->getResult(0), ArrayRef<int64_t>{1, 1}, relu,
      /*quantization=*/nullptr);
  convs[2]->setOperand(0, shortcut.getResult());
  ASSERT_TRUE(succeeded(verify(*module)));
  std::vector<float> expected = run(*module);
  SeparableOutcome outcome = cantFail(rewrite(*module, "max-error=0"));
  ASSERT_TRUE(succeeded(verify(*module)));
  EXPECT_LT(distance(expected, run(*module)), 1e-5);
  EXPECT_EQ(outcome.layers[1].name, "lw.pointwise_conv_2d");
  EXPECT_EQ(outcome.layers[2].name, "second");
  EXPECT_FALSE(shortcut.getResidual());
  EXPECT_FALSE(shortcut.getActivation());
}

TEST_F(Reconstruction, MeasuresTheTimeOfTheNetwork) {
  OwningOpRef<ModuleOp> module = makeNetwork();
  SeparableOutcome outcome = cantFail(rewrite(*module, "time=1.3x"));
  ASSERT_TRUE(succeeded(verify(*module)));
  EXPECT_GT(outcome.timeBefore, 0);
  EXPECT_LE(outcome.timeAfter, outcome.timeBefore);
  // Nothing is slower than it was: rewritten layers save time.
  for (const LayerOutcome &layer : outcome.layers)
    EXPECT_LE(layer.timeAfter, layer.timeBefore) << layer.name;
}

TEST_F(Reconstruction, FindsTheCheapestPlanWithinADrop) {
  // The network's own decisions as labels: what is exact loses nothing.
  OwningOpRef<ModuleOp> module = makeNetwork();
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(module->clone());
  auto model = cantFail(jit(*copy));
  auto arena = model->allocateArena();
  SeparableOptions options = cantFail(parseSeparableOptions("max-drop=0.5"));
  options.measuredSamples = 16;
  std::vector<float> scores(kPixels * 4);
  for (int64_t i = 0; i < kSamples; ++i) {
    ASSERT_EQ(model->run({&inputs[i * kPixels * kChannels]}, {scores.data()},
                         arena.get()),
              0);
    for (int64_t p = 0; p < kPixels; ++p)
      options.labels.push_back(
          std::max_element(&scores[p * 4], &scores[p * 4 + 4]) -
          &scores[p * 4]);
  }
  SeparableOutcome outcome = cantFail(reconstructSeparable(
      module->lookupSymbol<func::FuncOp>("main"), samples, compile, options));
  ASSERT_TRUE(succeeded(verify(*module)));
  EXPECT_TRUE(outcome.feasible);
  EXPECT_TRUE(outcome.layers[0].isRewritten);
  EXPECT_LT(outcome.macsAfter, outcome.macsBefore);
  ASSERT_TRUE(outcome.accuracy);
  EXPECT_EQ(outcome.accuracy->samples, 4096);
  EXPECT_EQ(outcome.accuracy->before, 100);
  ASSERT_TRUE(outcome.accuracy->heldOutDrop);
  EXPECT_LE(*outcome.accuracy->heldOutDrop, 0.5);

  // With labels every goal counts them: here on the network that it returns.
  options.goal = SeparableGoal::Macs;
  options.target = 2;
  module = makeNetwork();
  outcome = cantFail(reconstructSeparable(
      module->lookupSymbol<func::FuncOp>("main"), samples, compile, options));
  std::vector<float> found = run(*module, kSamples);
  int64_t right = 0;
  for (auto [i, label] : llvm::enumerate(options.labels))
    right +=
        std::max_element(&found[i * 4], &found[i * 4 + 4]) - &found[i * 4] ==
        label;
  EXPECT_LT(right, 4096);
  ASSERT_TRUE(outcome.accuracy);
  EXPECT_EQ(outcome.accuracy->before, 100);
  EXPECT_NEAR(outcome.accuracy->after, 100.0 * right / 4096, 0.1);
  EXPECT_FALSE(outcome.accuracy->heldOutDrop);
}

TEST_F(Reconstruction, PrintsTheWorstLayersFirst) {
  SeparableOutcome outcome;
  for (auto [name, penalty] :
       {std::make_pair("low", 0.1), {"high", 0.3}, {"middle", 0.2}}) {
    LayerOutcome layer;
    layer.name = name;
    layer.isRewritten = true;
    layer.penalty = penalty;
    outcome.layers.push_back(layer);
  }
  std::string inOrder, sorted;
  llvm::raw_string_ostream first(inOrder), second(sorted);
  printOutcome(first, outcome);
  printOutcome(second, outcome, /*worstFirst=*/true);
  EXPECT_THAT(inOrder, testing::ContainsRegex("low.*\nhigh.*\nmiddle"));
  EXPECT_THAT(sorted, testing::ContainsRegex("high.*\nmiddle.*\nlow"));
}

TEST(SeparableOptions, Parse) {
  SeparableOptions options = cantFail(parseSeparableOptions("macs=2.5x"));
  EXPECT_EQ(options.goal, SeparableGoal::Macs);
  EXPECT_EQ(options.target, 2.5);
  EXPECT_EQ(cantFail(parseSeparableOptions("time=2")).goal,
            SeparableGoal::Time);
  EXPECT_EQ(cantFail(parseSeparableOptions("max-error=0.1")).target, 0.1);
  EXPECT_EQ(cantFail(parseSeparableOptions("max-drop=0.5")).goal,
            SeparableGoal::Drop);
  for (const char *bad :
       {"", "max-drop=-1", "macs", "macs=", "macs=fast", "macs=0.5x",
        "max-error=-1", "speed=2x", "macs=nan", "macs=inf"}) {
    auto result = parseSeparableOptions(bad);
    EXPECT_FALSE(static_cast<bool>(result)) << bad;
    llvm::consumeError(result.takeError());
  }
}

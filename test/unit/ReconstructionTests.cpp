//===- ReconstructionTests.cpp - Cheaper networks under one budget
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Calibration/SampleRuns.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/ExecutionEngine/CodeGen.h"
#include "lw/InitAll.h"
#include "lw/Pipelines/Pipelines.h"
#include "lw/Reconstruction/Reconstruction.h"
#include "lw/Target/Target.h"
#include "mlir/IR/Verifier.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace mlir::lw;

namespace {

// Two convolutions, the second with a residual, then scores of four classes.
constexpr int64_t kSize = 8, kChannels = 8, kPixels = kSize * kSize;
const char *const kNetwork = R"mlir(
func.func @main(%x: tensor<1x8x8x8xf32>, %w1: tensor<3x3x8x8xf32>,
                %w2: tensor<3x3x8x8xf32>, %b: tensor<8xf32>,
                %w3: tensor<1x1x8x4xf32>) -> tensor<1x8x8x4xf32> {
  %0 = lw.conv_2d %x, %w1 bias %b {padding = array<i64: 1, 1, 1, 1>,
       activation = #lw.act<relu>}
       : (tensor<1x8x8x8xf32>, tensor<3x3x8x8xf32>, tensor<8xf32>)
       -> tensor<1x8x8x8xf32> loc("first")
  %1 = lw.conv_2d %0, %w2 bias %b residual %x {padding = array<i64: 1, 1, 1, 1>,
       activation = #lw.act<relu>}
       : (tensor<1x8x8x8xf32>, tensor<3x3x8x8xf32>, tensor<8xf32>,
          tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32> loc("second")
  %2 = lw.pointwise_conv_2d %1, %w3
       : (tensor<1x8x8x8xf32>, tensor<1x1x8x4xf32>) -> tensor<1x8x8x4xf32>
       loc("scores")
  return %2 : tensor<1x8x8x4xf32>
}
)mlir";

std::vector<float> randomFloats(int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(generator);
  return values;
}

class Reconstruction : public testing::Test {
protected:
  Reconstruction() {
    DialectRegistry registry;
    registerAllDialects(registry);
    registerAllExtensions(registry);
    registerCodeGenDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    machine =
        cantFail(createTargetMachine(cantFail(resolveTarget(&context, {}))));
    compile = [this](ModuleOp module) { return jit(module); };
    inputs = randomFloats(kSamples * kPixels * kChannels, 11);
    samples.count = kSamples;
    samples.read = [this](size_t, int64_t index, float *values) {
      std::copy_n(&inputs[index * kPixels * kChannels], kPixels * kChannels,
                  values);
    };
  }

  llvm::Expected<std::unique_ptr<CompiledModel>> jit(ModuleOp module) {
    PassManager pm(&context);
    LowerToLLVMOptions lower;
    buildReferencePipeline(pm, lower);
    if (failed(pm.run(module)))
      return llvm::createStringError("the pipeline failed");
    llvm::LLVMContext llvmContext;
    auto code = generateLLVM(module, llvmContext, *machine);
    if (!code)
      return code.takeError();
    auto object = generateCode(**code, *machine);
    if (!object)
      return object.takeError();
    return CompiledModel::fromObject(std::move(*object), lower.prefix);
  }

  /// The network with constant weights: the first convolution a sum of two
  /// separable terms, the second of full rank.
  OwningOpRef<ModuleOp> makeNetwork() {
    auto module = parseSourceString<ModuleOp>(kNetwork, &context);
    auto main = module->lookupSymbol<func::FuncOp>("main");
    std::vector<float> u = randomFloats(9 * kChannels * 2, 1);
    std::vector<float> v = randomFloats(kChannels * 2 * kChannels, 2);
    std::vector<float> planted(9 * kChannels * kChannels, 0.0f);
    for (int64_t k = 0; k < 9; ++k)
      for (int64_t c = 0; c < kChannels; ++c)
        for (int64_t t = 0; t < 2; ++t)
          for (int64_t o = 0; o < kChannels; ++o)
            planted[(k * kChannels + c) * kChannels + o] +=
                0.1f * u[(k * kChannels + c) * 2 + t] *
                v[(c * 2 + t) * kChannels + o];
    std::vector<float> full = randomFloats(9 * kChannels * kChannels, 3);
    for (float &value : full)
      value *= 0.1f;
    std::vector<std::vector<float>> weights = {
        planted, full, randomFloats(kChannels, 4), randomFloats(32, 5)};
    OpBuilder builder(&main.getBody().front(), main.getBody().front().begin());
    for (auto [i, values] : llvm::enumerate(weights)) {
      Value argument = main.getArgument(i + 1);
      argument.replaceAllUsesWith(
          createConstant(builder, main.getLoc(),
                         cast<RankedTensorType>(argument.getType()), values));
    }
    llvm::BitVector erased(5, true);
    erased.reset(0);
    cantFail(failed(main.eraseArguments(erased))
                 ? llvm::createStringError("arguments in use")
                 : llvm::Error::success());
    return module;
  }

  /// Outputs for the first samples.
  std::vector<float> run(ModuleOp module) {
    OwningOpRef<ModuleOp> copy = cast<ModuleOp>(module->clone());
    auto model = cantFail(jit(*copy));
    std::vector<float> outputs(16 * kPixels * 4);
    auto arena = model->allocateArena();
    for (int64_t i = 0; i < 16; ++i)
      EXPECT_EQ(model->run({&inputs[i * kPixels * kChannels]},
                           {&outputs[i * kPixels * 4]}, arena.get()),
                0);
    return outputs;
  }

  llvm::Expected<SeparableOutcome> rewrite(ModuleOp module, StringRef goal) {
    SeparableOptions options = cantFail(parseSeparableOptions(goal));
    options.measuredSamples = 16;
    return reconstructSeparable(module.lookupSymbol<func::FuncOp>("main"),
                                samples, compile, options);
  }

  static double distance(ArrayRef<float> a, ArrayRef<float> b) {
    double difference = 0, norm = 0;
    for (auto [x, y] : llvm::zip(a, b)) {
      difference += (x - y) * (x - y);
      norm += x * x;
    }
    return std::sqrt(difference / norm);
  }

  static constexpr int64_t kSamples = 64;
  MLIRContext context{MLIRContext::Threading::DISABLED};
  std::unique_ptr<llvm::TargetMachine> machine;
  CompileFunction compile;
  std::vector<float> inputs;
  CalibrationSamples samples;
};

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
      second->getResult(0), ArrayRef<int64_t>{1, 1}, relu);
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
            "calibration sample 1 holds a NaN or an infinity");
  samples.count = 0;
  outcome = rewrite(*module, "macs=2x");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(llvm::toString(outcome.takeError()),
            "calibration needs samples, found none");
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
  EXPECT_NE(outcome.accuracy.find("top-1 on 4096 labelled samples: 100.00 % as "
                                  "trained, 0."),
            std::string::npos)
      << outcome.accuracy;
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

} // namespace

//===- GraphPassTests.cpp - Graph passes keep what a network computes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
// Random networks run through the reference lowering as they are and after the
// passes. LW_RANDOM_NETWORKS sets how many.
//
//===----------------------------------------------------------------------===//

#include "RandomNetwork.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/ExecutionEngine/CodeGen.h"
#include "lw/ExecutionEngine/CompiledModel.h"
#include "lw/InitAll.h"
#include "lw/Pipelines/Pipelines.h"
#include "lw/Target/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstdlib>
#include <map>

using namespace mlir;

namespace {

class GraphPasses : public ::testing::Test {
protected:
  static void SetUpTestSuite() { lw::registerAllPasses(); }

  GraphPasses() {
    DialectRegistry registry;
    lw::registerAllDialects(registry);
    registerAllExtensions(registry);
    lw::registerCodeGenDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    target = llvm::cantFail(lw::createTargetMachine(
        llvm::cantFail(lw::resolveTarget(&context, {}))));
  }

  static int networks() {
    const char *count = std::getenv("LW_RANDOM_NETWORKS");
    return count ? std::atoi(count) : 3;
  }

  OwningOpRef<ModuleOp> parse(unsigned seed) {
    RandomNetwork network(seed);
    std::string text = network.write(12);
    auto module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    return module;
  }

  void apply(ModuleOp module, StringRef passes) {
    PassManager pm(&context);
    ASSERT_TRUE(succeeded(parsePassPipeline(passes, pm)));
    ASSERT_TRUE(succeeded(pm.run(module))) << passes.str();
  }

  /// What the network computes for inputs that depend on the seed only.
  std::vector<float> run(ModuleOp module, unsigned seed) {
    OwningOpRef<ModuleOp> copy = module.clone();
    PassManager pm(&context);
    lw::LowerToLLVMOptions options;
    lw::buildReferencePipeline(pm, options);
    if (failed(pm.run(*copy)))
      return {};
    llvm::LLVMContext llvmContext;
    auto code = llvm::cantFail(lw::generateLLVM(*copy, llvmContext, *target));
    auto object = llvm::cantFail(lw::generateCode(*code, *target));
    auto model = llvm::cantFail(
        lw::CompiledModel::fromObject(std::move(object), options.prefix));
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal;
    std::vector<float> input(model->getInfo().inputs[0].numElements());
    for (float &value : input)
      value = normal(generator);
    std::vector<float> output(model->getInfo().outputs[0].numElements());
    auto arena = model->allocateArena();
    EXPECT_EQ(model->run({input.data()}, {output.data()}, arena.get()), 0);
    return output;
  }

  /// Compares every network with itself after `passes`; calls `inspect` on it.
  void compare(StringRef passes, function_ref<void(ModuleOp)> inspect) {
    for (int seed = 0; seed < networks(); ++seed) {
      OwningOpRef<ModuleOp> module = parse(seed);
      std::vector<float> &expected = outputs[seed];
      if (expected.empty())
        expected = run(*module, seed);
      ASSERT_FALSE(expected.empty()) << "seed " << seed;
      apply(*module, passes);
      std::vector<float> found = run(*module, seed);
      ASSERT_EQ(expected.size(), found.size()) << "seed " << seed;
      float largest = 0, difference = 0;
      for (size_t i = 0; i < expected.size(); ++i) {
        ASSERT_TRUE(std::isfinite(expected[i])) << "seed " << seed;
        largest = std::max(largest, std::abs(expected[i]));
        difference = std::max(difference, std::abs(expected[i] - found[i]));
      }
      EXPECT_LE(difference, 2e-5f * largest + 1e-6f) << "seed " << seed;
      inspect(*module);
    }
  }

  template <typename Op> static int count(ModuleOp module) {
    int count = 0;
    module.walk([&](Op) { ++count; });
    return count;
  }

  MLIRContext context;
  std::unique_ptr<llvm::TargetMachine> target;
  /// Of the networks as they are, by seed; the same for every test.
  static inline std::map<int, std::vector<float>> outputs;
};

TEST_F(GraphPasses, FoldBatchNorm) {
  compare("func.func(lw-fold-batch-norm)", [](ModuleOp module) {
    EXPECT_EQ(count<lw::BatchNormOp>(module), 0);
  });
}

TEST_F(GraphPasses, Clean) {
  int transposes = 0;
  compare("func.func(lw-clean)", [&](ModuleOp module) {
    EXPECT_EQ(count<tosa::IdentityOp>(module), 0);
    transposes += count<tosa::TransposeOp>(module);
  });
  // Each network goes to the other layout and back in about one place.
  EXPECT_LT(transposes, networks());
}

TEST_F(GraphPasses, FuseEpilogue) {
  int fused = 0;
  compare("func.func(lw-fuse-epilogue)", [&](ModuleOp module) {
    module.walk([&](lw::ConvolutionOpInterface conv) {
      fused += conv.getConvActivation() || conv.getConvResidual();
    });
  });
  EXPECT_GT(fused, 0);
}

TEST_F(GraphPasses, AllInOrder) {
  compare("func.func(lw-clean,lw-fold-batch-norm,lw-clean,lw-fuse-epilogue,"
          "lw-clean)",
          [](ModuleOp) {});
}

// Nine terms recover every 3x3 filter.
TEST_F(GraphPasses, MakeSeparableExactly) {
  int separable = 0;
  compare("func.func(lw-make-separable{min-gain=0 report=none})",
          [&](ModuleOp module) {
            separable += count<lw::SeparableConv2DOp>(module);
            module.walk([](lw::Conv2DOp conv) {
              lw::ConvGeometry g = conv.getConvGeometry();
              EXPECT_TRUE(g.groups != 1 || g.kernelHeight == 1);
            });
          });
  EXPECT_GT(separable, 0);
}

TEST_F(GraphPasses, SplitSeparable) {
  compare("func.func(lw-split-separable)", [](ModuleOp module) {
    EXPECT_EQ(count<lw::SeparableConv2DOp>(module), 0);
  });
}

} // namespace

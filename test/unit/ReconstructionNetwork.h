//===- ReconstructionNetwork.h - A small network to rewrite
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TEST_UNIT_RECONSTRUCTIONNETWORK_H
#define LW_TEST_UNIT_RECONSTRUCTIONNETWORK_H

#include "lw/Dialect/IR/Constants.h"
#include "lw/ExecutionEngine/CodeGen.h"
#include "lw/InitAll.h"
#include "lw/Pipelines/Pipelines.h"
#include "lw/Reconstruction/Reconstruction.h"
#include "lw/Stepping/SampleRuns.h"
#include "lw/Target/Target.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <random>

namespace mlir::lw {

// Two convolutions, the second with a residual, then scores of four classes.
constexpr int64_t kSize = 8, kChannels = 8, kPixels = kSize * kSize;
constexpr const char *kNetwork = R"mlir(
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

inline std::vector<float> randomFloats(int64_t count, unsigned seed) {
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
    samples.read = [this](size_t, int64_t index, void *elements) {
      std::copy_n(&inputs[index * kPixels * kChannels], kPixels * kChannels,
                  static_cast<float *>(elements));
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
  std::vector<float> run(ModuleOp module, int64_t count = 16) {
    OwningOpRef<ModuleOp> copy = cast<ModuleOp>(module->clone());
    auto model = cantFail(jit(*copy));
    std::vector<float> outputs(count * kPixels * 4);
    auto arena = model->allocateArena();
    for (int64_t i = 0; i < count; ++i)
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

} // namespace mlir::lw

#endif // LW_TEST_UNIT_RECONSTRUCTIONNETWORK_H

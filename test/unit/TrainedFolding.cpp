//===- TrainedFolding.cpp - Folding changes no prediction
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
// A trained ResNet-20 classifies real images as imported and after cleaning,
// folding and fusing, both through the reference lowering. LW_MODELS names the
// folder of trained networks, LW_IMAGES how many images are classified.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwOps.h"
#include "lw/ExecutionEngine/CodeGen.h"
#include "lw/ExecutionEngine/CompiledModel.h"
#include "lw/IO/Npy.h"
#include "lw/Importer/Onnx.h"
#include "lw/InitAll.h"
#include "lw/Pipelines/Pipelines.h"
#include "lw/Target/Target.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace mlir;

static std::unique_ptr<lw::CompiledModel> compile(ModuleOp module) {
  PassManager pm(module.getContext());
  lw::LowerToLLVMOptions options;
  lw::buildReferencePipeline(pm, options);
  if (failed(pm.run(module)))
    return nullptr;
  auto machine = llvm::cantFail(lw::createTargetMachine(
      llvm::cantFail(lw::resolveTarget(module.getContext(), {}))));
  llvm::LLVMContext context;
  auto code = llvm::cantFail(lw::generateLLVM(module, context, *machine));
  return llvm::cantFail(lw::CompiledModel::fromObject(
      llvm::cantFail(lw::generateCode(*code, *machine)), options.prefix));
}

static std::vector<float> run(const lw::CompiledModel &model,
                              const std::vector<float> &input) {
  std::vector<float> output(model.getInfo().outputs[0].numElements());
  auto arena = model.allocateArena();
  EXPECT_EQ(model.run({input.data()}, {output.data()}, arena.get()), 0);
  return output;
}

/// Image number `index`, from 8-bit RGB rows to the network's planes.
static std::vector<float> readImage(const lw::NpyArray &images, int64_t index) {
  constexpr float mean[] = {0.485f, 0.456f, 0.406f};
  constexpr float deviation[] = {0.229f, 0.224f, 0.225f};
  constexpr int64_t pixels = 32 * 32;
  const auto *bytes = reinterpret_cast<const uint8_t *>(images.data.data()) +
                      index * 3 * pixels;
  std::vector<float> planes(3 * pixels);
  for (int64_t p = 0; p < pixels; ++p)
    for (int64_t c = 0; c < 3; ++c)
      planes[c * pixels + p] =
          (bytes[3 * p + c] / 255.0f - mean[c]) / deviation[c];
  return planes;
}

TEST(TrainedFolding, ChangesNoPrediction) {
  const char *models = std::getenv("LW_MODELS");
  ASSERT_TRUE(models) << "LW_MODELS names the folder of trained networks";
  const char *count = std::getenv("LW_IMAGES");
  std::string folder = models;

  DialectRegistry registry;
  lw::registerAllDialects(registry);
  registerAllExtensions(registry);
  lw::registerCodeGenDialects(registry);
  lw::registerAllPasses();
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  auto module = lw::importOnnx(folder + "/onnx/resnet20_cifar10.onnx", context);
  ASSERT_TRUE(module);
  OwningOpRef<ModuleOp> folded = module->clone();
  PassManager pm(&context);
  ASSERT_TRUE(succeeded(parsePassPipeline(
      "func.func(lw-clean,lw-fold-batch-norm,lw-clean,lw-fuse-epilogue,"
      "lw-clean)",
      pm)));
  ASSERT_TRUE(succeeded(pm.run(*folded)));
  int norms = 0, unfused = 0;
  folded->walk([&](Operation *op) {
    norms += isa<lw::BatchNormOp>(op);
    auto conv = dyn_cast<lw::ConvolutionOpInterface>(op);
    unfused += conv && !conv.getConvActivation();
  });
  EXPECT_EQ(norms, 0);
  // The classifier, and in each of the two narrowing blocks one addend of a sum
  // at most.
  EXPECT_LE(unfused, 3);

  std::string data = folder + "/data/cifar10_test_first5000.npz";
  auto reader = lw::NpyReader::open(data + ":images");
  ASSERT_TRUE(static_cast<bool>(reader));
  auto images = reader->readAll();
  auto labels = lw::readLabels(data + ":labels", std::nullopt);
  ASSERT_TRUE(static_cast<bool>(images));
  ASSERT_TRUE(static_cast<bool>(labels));
  auto before = compile(*module), after = compile(*folded);
  ASSERT_TRUE(before && after);
  int total = count ? std::atoi(count) : 100, right = 0;
  float worst = 0;
  for (int i = 0; i < total; ++i) {
    std::vector<float> image = readImage(*images, i);
    std::vector<float> expected = run(*before, image);
    std::vector<float> found = run(*after, image);
    auto best = std::max_element(expected.begin(), expected.end());
    int64_t prediction = best - expected.begin();
    EXPECT_EQ(prediction,
              std::max_element(found.begin(), found.end()) - found.begin())
        << "image " << i;
    right += prediction == (*labels)[i];
    for (size_t c = 0; c < found.size(); ++c)
      worst =
          std::max(worst, std::abs(found[c] - expected[c]) / std::abs(*best));
  }
  EXPECT_LE(worst, 1e-4f);
  // The network is right on 91 of 100 images; a wrong input format would show.
  EXPECT_GE(right, total * 0.8);
  std::printf("%d of %d images right, largest difference %.1e\n", right, total,
              worst);
}

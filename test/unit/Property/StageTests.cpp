//===- StageTests.cpp - Random stages in strips
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Chains of expansion, depthwise layer and projection, or two of them, with
// strips wherever they are possible, against the reference path.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace mlir;
using namespace lwtest;

namespace {

using Shape = std::array<int64_t, 4>;

struct Window {
  int64_t kernel = 1, stride = 1, dilation = 1;
  std::array<int64_t, 4> padding = {0, 0, 0, 0};

  int64_t slide(int64_t in, int axis) const {
    int64_t span = in + padding[2 * axis] + padding[2 * axis + 1] -
                   dilation * (kernel - 1) - 1;
    return span < 0 ? 0 : span / stride + 1;
  }
  std::string text() const {
    return llvm::formatv("strides = array<i64: {0}, {0}>, dilations = "
                         "array<i64: {1}, {1}>, padding = array<i64: {2}>",
                         stride, dilation,
                         llvm::make_range(padding.begin(), padding.end()));
  }
};

class RandomStage {
public:
  explicit RandomStage(uint32_t seed) : random(seed) {}

  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random() % (high - low + 1));
  }
  std::vector<float> values(int64_t count) {
    std::vector<float> result(count);
    for (float &value : result)
      value = static_cast<float>(random() % 20001) / 10000.0f - 1.0f;
    return result;
  }
  Window window(llvm::ArrayRef<int64_t> kernels, bool dilated) {
    Window w;
    w.kernel = kernels[between(0, kernels.size() - 1)];
    w.stride = between(1, 3) == 3 ? 2 : 1;
    w.dilation = dilated ? between(1, 2) : 1;
    for (int64_t &side : w.padding)
      side = between(0, w.kernel / 2 * w.dilation);
    return w;
  }

  static std::string type(llvm::ArrayRef<int64_t> shape) {
    return "tensor<" +
           llvm::join(llvm::map_range(shape,
                                      [](int64_t extent) {
                                        return std::to_string(extent);
                                      }),
                      "x") +
           "xf32>";
  }
  std::string constant(llvm::StringRef name, llvm::ArrayRef<int64_t> shape) {
    int64_t count = 1;
    for (int64_t extent : shape)
      count *= extent;
    std::vector<float> data = values(count);
    llvm::StringRef bytes(reinterpret_cast<const char *>(data.data()),
                          data.size() * sizeof(float));
    return ("  %" + name + " = \"tosa.const\"() {values = dense<\"0x" +
            llvm::toHex(bytes) + "\"> : " + type(shape) + "} : () -> " +
            type(shape) + "\n")
        .str();
  }

  /// Draws a stage; `text` without the constants' elements is what messages
  /// show.
  void draw();

  Shape in, out;
  bool residual = false;
  std::string constants, text;

private:
  std::mt19937 random;
};

} // namespace

void RandomStage::draw() {
  Window expand, depthwise;
  Shape a, b;
  do {
    in = {1, between(8, 40), between(6, 30), between(1, 40)};
    expand = window({1, 1, 3}, false);
    depthwise = window({1, 3, 3, 5}, true);
    a = {1, expand.slide(in[1], 0), expand.slide(in[2], 1), between(1, 50)};
    b = {1, depthwise.slide(a[1], 0), depthwise.slide(a[2], 1), a[3]};
  } while (a[1] < 1 || a[2] < 1 || b[1] < 1 || b[2] < 1);
  out = {1, b[1], b[2], between(1, 40)};
  residual = between(1, 3) == 1;
  Shape e = {expand.kernel, expand.kernel, in[3], a[3]};
  Shape d = {depthwise.kernel, depthwise.kernel, a[3], 1};
  Shape p = {1, 1, a[3], out[3]};
  constants = constant("e", e) + constant("eb", {a[3]}) + constant("d", d) +
              constant("p", p) + constant("pb", {out[3]});
  // All three, or without the first or the last.
  int64_t kind = between(0, 2);
  if (kind == 1)
    in = a;
  if (kind == 2)
    out = b;
  text.clear();
  if (kind != 1)
    text += llvm::formatv(
        "  %1 = lw.conv_2d %x, %e bias %eb {{{0}, activation = #lw.act<relu>} "
        ": ({1}, {2}, {3}) -> {4}\n",
        expand.text(), type(in), type(e), type({a[3]}), type(a));
  // What ends the stage takes the residual.
  std::string add = residual ? " residual %r" : "";
  std::string added = residual ? ", " + type(out) : "";
  bool ends = kind == 2;
  text +=
      llvm::formatv("  %2 = lw.depthwise_conv_2d {0}, %d{1} {{{2}, activation "
                    "= #lw.act<clamp, 0.0, 6.0>} : ({3}, {4}{5}) -> {6}\n",
                    kind == 1 ? "%x" : "%1", ends ? add : "", depthwise.text(),
                    type(a), type(d), ends ? added : "", type(b));
  if (!ends)
    text +=
        llvm::formatv("  %3 = lw.pointwise_conv_2d %2, %p bias %pb{0} : "
                      "({1}, {2}, {3}{4}) -> {5}\n",
                      add, type(b), type(p), type({out[3]}), added, type(out));
  text += llvm::formatv("  return {0} : {1}\n", ends ? "%2" : "%3", type(out));
}

class Stages : public testing::TestWithParam<std::string> {};

TEST_P(Stages, MatchReference) {
  std::unique_ptr<MLIRContext> context = createContext();
  RandomStage stage(commandLineOptions().seed);
  const Path reference = referencePath();
  const Path kernels[2] = {kernelPath(GetParam(), lw::WinogradUse::Never,
                                      /*stripBytes=*/0, /*threads=*/1),
                           kernelPath(GetParam(), lw::WinogradUse::Never,
                                      /*stripBytes=*/0, /*threads=*/3)};
  for (int64_t i = 0; i < commandLineOptions().configurations; ++i) {
    stage.draw();
    std::string source = llvm::formatv(
        "func.func @main(%x: {0}{1}) -> {2} {{\n{3}{4}}\n",
        RandomStage::type(stage.in),
        stage.residual ? ", %r: " + RandomStage::type(stage.out) : "",
        RandomStage::type(stage.out), stage.constants, stage.text);
    auto elements = [](const Shape &s) { return s[0] * s[1] * s[2] * s[3]; };
    std::vector<float> input = stage.values(elements(stage.in));
    std::vector<float> residual = stage.values(elements(stage.out));
    // Every other stage meets what is no number, in one pixel.
    if (i % 2 == 1) {
      input[input.size() / 2] = std::nanf("");
      input[input.size() / 3] = std::numeric_limits<float>::infinity();
    }
    std::vector<float> results[2];
    for (int p = 0; p < 2; ++p) {
      auto module = parseSourceString<ModuleOp>(source, context.get());
      ASSERT_TRUE(module) << stage.text;
      auto model = compile(p == 0 ? reference : kernels[i % 2], *module);
      ASSERT_TRUE(static_cast<bool>(model))
          << llvm::toString(model.takeError()) << stage.text;
      results[p].assign(elements(stage.out), std::nanf(""));
      lw::CompiledModel::Arena arena = (*model)->allocateArena();
      std::vector<const void *> inputs = {input.data()};
      if (stage.residual)
        inputs.push_back(residual.data());
      ASSERT_EQ((*model)->run(inputs, {results[p].data()}, arena.get()), 0);
    }
    double largest = 0;
    for (float value : results[0])
      if (std::isfinite(value))
        largest = std::max(largest, std::fabs(static_cast<double>(value)));
    for (size_t j = 0; j < results[0].size(); ++j) {
      float found = results[1][j], expected = results[0][j];
      bool same = found == expected ||
                  (std::isnan(found) && std::isnan(expected)) ||
                  std::fabs(found - expected) <= 1e-5 * largest;
      ASSERT_TRUE(same) << "element " << j << " is " << found << ", expected "
                        << expected << ", in stage " << i << "\n"
                        << stage.text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(InStrips, Stages, testing::ValuesIn(testedCpus()),
                         [](const testing::TestParamInfo<std::string> &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return "Kernels_" + name;
                         });

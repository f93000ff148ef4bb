//===- SpecialValueTests.cpp - NaN, infinities and the ends of the range
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What docs/rationale.md says of NaN and infinity, by kernels and reference,
// against formulas in double precision.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lw;
using namespace lwtest;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kMax = std::numeric_limits<float>::max();

/// Nineteen, a prime, so that a stride through them meets every one in every
/// lane of a vector.
std::vector<float> specialValues() {
  float payload = llvm::bit_cast<float>(0x7FC01235u);
  float negative = llvm::bit_cast<float>(0xFFC00000u);
  return {NAN,    payload, negative, kInf,    -kInf, kMax,  -kMax,
          0.0f,   -0.0f,   1e-42f,   -1e-42f, 1.5f,  -2.5f, 88.5f,
          -87.5f, -95.0f,  1e30f,    -1e34f,  5.0f};
}

std::vector<float> spread(size_t count, size_t stride) {
  std::vector<float> values = specialValues(), result(count);
  for (size_t i = 0; i < count; ++i)
    result[i] = values[i * stride % values.size()];
  return result;
}

/// NaN and infinities where they are expected, else within a few roundings and
/// `absolute`.
bool agrees(float found, double expected, double absolute = 2e-36) {
  if (std::isnan(expected))
    return std::isnan(found);
  if (std::isinf(static_cast<float>(expected)))
    return found == static_cast<float>(expected);
  return std::fabs(found - expected) <= 2e-6 * std::fabs(expected) + absolute;
}

/// Functions whose small values left of zero are exact to digits of 1.
bool isGelu(const std::optional<Activation> &activation) {
  return activation && (activation->kind == ActivationKind::Gelu ||
                        activation->kind == ActivationKind::GeluTanh);
}

std::vector<Path> testedPaths() {
  std::vector<Path> paths = {referencePath()};
  for (const std::string &cpu : testedCpus())
    paths.push_back(kernelPath(cpu, WinogradUse::Always));
  return paths;
}

std::vector<Activation> activations() {
  return {{ActivationKind::Relu},
          {ActivationKind::Clamp, 0, 6},
          {ActivationKind::Clamp, -kInf, 1},
          {ActivationKind::Clamp, -0.5f, kInf},
          {ActivationKind::LeakyRelu, 0.125f},
          {ActivationKind::Sigmoid},
          {ActivationKind::Tanh},
          {ActivationKind::HardSigmoid, 0.2f, 0.5f},
          {ActivationKind::HardSwish},
          {ActivationKind::Silu},
          {ActivationKind::Gelu},
          {ActivationKind::GeluTanh}};
}

/// A layer whose sums are zero and whose residual has all special values in
/// all lanes, tails too.
LayerCase layerOf(Variant variant, const Activation &activation) {
  LayerCase layer;
  layer.variant = variant;
  layer.activation = activation;
  ConvGeometry &g = layer.g;
  g.batch = 1;
  g.inHeight = g.outHeight = 4;
  g.inWidth = g.outWidth = 5;
  g.inChannels = g.outChannels = 37;
  if (variant == Variant::Standard || variant == Variant::Winograd) {
    g.kernelHeight = g.kernelWidth = 3;
    g.padding = {1, 1, 1, 1};
  }
  if (variant == Variant::Standard) // out of Winograd's reach
    g.inHeight = 7, g.inWidth = 9, g.strides = {2, 2};
  if (variant == Variant::Depthwise)
    g.groups = g.inChannels;
  layer.input.assign(g.inHeight * g.inWidth * g.inChannels, 1.0f);
  for (const std::vector<int64_t> &shape : layer.parameterShapes()) {
    int64_t count = 1;
    for (int64_t extent : shape)
      count *= extent;
    layer.parameters.emplace_back(count, 0.0f);
  }
  layer.residual = spread(g.outHeight * g.outWidth * g.outChannels, 7);
  return layer;
}

TEST(SpecialValues, GoThroughActivations) {
  std::unique_ptr<MLIRContext> context = createContext();
  std::vector<LayerCase> layers;
  for (const Activation &activation : activations())
    for (Variant variant : {Variant::Standard, Variant::Depthwise,
                            Variant::Pointwise, Variant::Winograd})
      layers.push_back(layerOf(variant, activation));
  for (const Path &path : testedPaths()) {
    auto results = run(path, *context, layers);
    ASSERT_TRUE(static_cast<bool>(results))
        << path.name << ": " << llvm::toString(results.takeError());
    for (auto [layer, found] : llvm::zip(layers, *results)) {
      Expected expected = evaluate(layer);
      double absolute = isGelu(layer.activation) ? 3e-7 : 2e-36;
      for (size_t i = 0; i < found.size(); ++i)
        ASSERT_TRUE(agrees(found[i], expected.values[i], absolute))
            << path.name << ": " << layer.residual[i] << " becomes " << found[i]
            << ", expected " << expected.values[i] << ", in\n"
            << print(layer, *context);
    }
  }
}

/// Applies an activation to numbers of which the most are near zero, on every
/// processor, and calls `check(x, found)` for each.
void forManyNumbers(ActivationKind kind,
                    llvm::function_ref<void(double, float)> check) {
  std::unique_ptr<MLIRContext> context = createContext();
  LayerCase layer = layerOf(Variant::Pointwise, {kind});
  ConvGeometry &g = layer.g;
  g.inHeight = g.outHeight = 60;
  g.inWidth = g.outWidth = 50;
  layer.input.assign(g.inHeight * g.inWidth * g.inChannels, 1.0f);
  layer.residual.resize(layer.input.size());
  for (auto [i, value] : llvm::enumerate(layer.residual)) {
    double place = 2.0 * i / (layer.residual.size() - 1) - 1;
    value = 87 * place * place * place;
  }
  for (const std::string &cpu : testedCpus()) {
    SCOPED_TRACE(cpu);
    auto results = run(kernelPath(cpu, WinogradUse::Always), *context, {layer});
    ASSERT_TRUE(static_cast<bool>(results))
        << llvm::toString(results.takeError());
    for (auto [x, found] : llvm::zip(layer.residual, results->front()))
      check(x, found);
  }
}

/// What vectors compute of exponentials against double precision: what
/// docs/rationale.md promises.
TEST(SpecialValues, SigmoidsAreExactToLastDigits) {
  for (ActivationKind kind : {ActivationKind::Sigmoid, ActivationKind::Silu})
    forManyNumbers(kind, [&](double x, float found) {
      double sigmoid = 1 / (1 + std::exp(-x));
      double expected = kind == ActivationKind::Silu ? x * sigmoid : sigmoid;
      double bound = 2.2e-7 + 3e-9 * std::fabs(x);
      ASSERT_LE(std::fabs(found - expected), bound * std::fabs(expected))
          << x << " becomes " << found << ", expected " << expected;
    });
}

TEST(SpecialValues, GeluIsExactToDigitsOfOne) {
  for (ActivationKind kind : {ActivationKind::Gelu, ActivationKind::GeluTanh})
    forManyNumbers(kind, [&](double x, float found) {
      double expected = activate({kind}, x);
      double bound = 1.2e-7 + 2.5e-7 * std::fabs(expected);
      ASSERT_LE(std::fabs(found - expected), bound)
          << x << " becomes " << found << ", expected " << expected;
    });
}

/// Runs `body`, a function of `%x` and `%y` of `type`, on two arrays.
std::vector<float> runBody(const Path &path, MLIRContext &context,
                           llvm::StringRef type, llvm::StringRef body,
                           const std::vector<float> &x,
                           const std::vector<float> &y, size_t results) {
  std::string source =
      llvm::formatv("func.func @main(%x: {0}, %y: {0}) -> {1}", type, body);
  auto module = parseSourceString<ModuleOp>(source, &context);
  EXPECT_TRUE(module) << source;
  auto model = compile(path, *module);
  EXPECT_TRUE(static_cast<bool>(model)) << llvm::toString(model.takeError());
  std::vector<float> result(results, 12345.0f);
  CompiledModel::Arena arena = (*model)->allocateArena();
  EXPECT_EQ((*model)->run({x.data(), y.data()}, {result.data()}, arena.get()),
            0);
  return result;
}

TEST(SpecialValues, GoThroughElementwiseOperations) {
  std::unique_ptr<MLIRContext> context = createContext();
  const std::string type = "tensor<1x4x5x37xf32>";
  const size_t count = 4 * 5 * 37;
  std::vector<float> x = spread(count, 7), y = spread(count, 3);
  const std::pair<std::string, double (*)(double, double)> operations[] = {
      {"tosa.maximum %x, %y : ({0}, {0}) -> {0}",
       [](double a, double b) { return a > b || std::isnan(a) ? a : b; }},
      {"tosa.minimum %x, %y : ({0}, {0}) -> {0}",
       [](double a, double b) { return a < b || std::isnan(a) ? a : b; }},
      {"tosa.clamp %x {{min_val = 0.0 : f32, max_val = 0x7F800000 : f32} : "
       "({0}) -> {0}",
       [](double a, double) { return a < 0 ? 0 : a; }},
      {"tosa.clamp %x {{min_val = -1.0 : f32, max_val = 2.0 : f32} : ({0}) -> "
       "{0}",
       [](double a, double) { return a < -1  ? -1
                                     : a > 2 ? 2
                                             : a; }},
      {"tosa.sigmoid %x : ({0}) -> {0}",
       [](double a, double) { return 1 / (1 + std::exp(-a)); }},
      {"tosa.tanh %x : ({0}) -> {0}",
       [](double a, double) { return std::tanh(a); }},
      {"tosa.abs %x : ({0}) -> {0}",
       [](double a, double) { return std::fabs(a); }},
      {"tosa.reciprocal %x : ({0}) -> {0}",
       [](double a, double) { return double(1.0f / static_cast<float>(a)); }},
      {"tosa.exp %x : ({0}) -> {0}",
       [](double a, double) { return std::exp(a); }},
  };
  for (const Path &path : testedPaths())
    for (const auto &[text, formula] : operations) {
      std::string body =
          "{\n  %0 = " + llvm::formatv(text.c_str(), type).str() +
          "\n  return %0 : " + type + "\n}";
      std::vector<float> found =
          runBody(path, *context, type, type + " " + body, x, y, count);
      for (size_t i = 0; i < count; ++i)
        ASSERT_TRUE(agrees(found[i], formula(x[i], y[i])))
            << path.name << ": " << body << "\nof " << x[i] << " and " << y[i]
            << " is " << found[i] << ", expected " << formula(x[i], y[i]);
    }
}

/// The window of a 3x3 pool with padding 1 and stride 2, by naive loops.
/// The larger of two, the second where one is NaN.
double largerOrSecond(double first, double second) {
  return first > second ? first : second;
}

double poolAt(const std::vector<float> &x, int64_t oy, int64_t ox, int64_t c,
              llvm::StringRef mode) {
  double sum = 0, most = -kInf, count = 0;
  bool hasNan = false;
  for (int64_t ix = std::max<int64_t>(0, 2 * ox - 1);
       ix < std::min<int64_t>(9, 2 * ox + 2); ++ix) {
    double column = -kInf;
    for (int64_t iy = std::max<int64_t>(0, 2 * oy - 1);
         iy < std::min<int64_t>(7, 2 * oy + 2); ++iy) {
      float value = x[(iy * 9 + ix) * 37 + c];
      hasNan |= std::isnan(value);
      column = largerOrSecond(column, value);
      sum += value;
      ++count;
    }
    most = largerOrSecond(most, column);
  }
  if (mode == "average")
    return sum / count;
  return hasNan && mode == "PROPAGATE" ? NAN : most;
}

TEST(SpecialValues, InPools) {
  std::unique_ptr<MLIRContext> context = createContext();
  const std::string type = "tensor<1x7x9x37xf32>";
  std::vector<float> x(7 * 9 * 37);
  // Every ninth value is special; no window is without ordinary ones.
  const float rare[] = {NAN, kInf, -kInf, kMax};
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = i % 9 == 4 ? rare[i / 9 % 4] : static_cast<float>(i * 37 % 101) - 50;
  for (const Path &path : testedPaths())
    for (llvm::StringRef mode : {"PROPAGATE", "IGNORE", "average"}) {
      std::string window = "kernel = array<i64: 3, 3>, stride = array<i64: 2, "
                           "2>, pad = array<i64: 1, 1, 1, 1>";
      std::string result = "tensor<1x4x5x37xf32>";
      std::string op =
          mode == "average"
              ? "%z = \"tosa.const\"() {values = dense<0.0> : tensor<1xf32>} : "
                "() -> tensor<1xf32>\n  %0 = tosa.avg_pool2d %x, %z, %z "
                "{acc_type = f32, " +
                    window + "} : (" + type +
                    ", tensor<1xf32>, tensor<1xf32>) -> " + result
              : "%0 = tosa.max_pool2d %x {" + window +
                    ", nan_mode = " + mode.str() + "} : (" + type + ") -> " +
                    result;
      std::string body =
          result + " {\n  " + op + "\n  return %0 : " + result + "\n}";
      std::vector<float> found =
          runBody(path, *context, type, body, x, x, 4 * 5 * 37);
      for (size_t i = 0; i < found.size(); ++i) {
        double expected = poolAt(x, i / 37 / 5, i / 37 % 5, i % 37, mode);
        ASSERT_TRUE(agrees(found[i], expected))
            << path.name << ", " << mode.str() << ": element " << i << " is "
            << found[i] << ", expected " << expected;
      }
    }
}

} // namespace

//===- QuantizedTests.cpp - Random operations on integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Every way to machine code computes the integers of the formula, bit for bit,
// with each unit that processors have for products of bytes.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "QuantizedCase.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace mlir;
using namespace lwtest;

namespace {

/// A processor whose kernels are tested; empty features where the cpu says all.
struct Machine {
  const char *name, *cpu, *features;
  unsigned threads = 1;
  lw::WinogradUse winograd = lw::WinogradUse::Auto;
};

void PrintTo(const Machine &machine, std::ostream *stream) {
  *stream << machine.name;
}

/// One for each unit that multiplies bytes, and each length of vectors.
constexpr Machine kMachines[] = {
    {"host", "native", ""},
    {"host_threads", "native", "", 3},
    {"x86_64", "x86-64", ""},
    {"x86_64_v2", "x86-64-v2", ""},
    {"x86_64_v3", "x86-64-v3", ""},
    {"x86_64_v4", "x86-64-v4", ""},
    {"x86_64_v3_winograd", "x86-64-v3", "", 1, lw::WinogradUse::Always},
    {"x86_64_v3_winograd_threads", "x86-64-v3", "", 3, lw::WinogradUse::Always},
    {"x86_64_v3_avxvnni", "x86-64-v3", "+avxvnni"},
    {"x86_64_v4_avx512vnni", "x86-64-v4", "+avx512vnni"},
};

/// What this machine lacks to run code for `machine`; empty when nothing.
std::string lacks(const Machine &machine, MLIRContext &context) {
  llvm::StringRef cpu = machine.cpu;
  llvm::Triple host(llvm::sys::getProcessTriple());
  if (cpu.starts_with("x86") && !host.isX86())
    return "an x86 processor";
  auto featuresOf = [&](const lw::TargetName &name) {
    auto target = lw::resolveTarget(&context, name);
    return target
               ? lw::listFeatures(*target)
               : std::vector<std::string>{llvm::toString(target.takeError())};
  };
  std::vector<std::string> has = featuresOf({"", "native", ""}), missing;
  for (std::string &feature : featuresOf({"", cpu.str(), machine.features}))
    if (!llvm::is_contained(has, feature))
      missing.push_back(feature);
  return llvm::join(missing, ", ");
}

Path pathTo(const Machine &machine, int64_t stripBytes = -1) {
  Path path =
      kernelPath(machine.cpu, machine.winograd, stripBytes, machine.threads);
  path.name = std::string("kernels for ") + machine.name;
  path.target.features = machine.features;
  return path;
}

/// A network of independent operations: `@main` takes the arguments of each and
/// returns the result of each. Without the elements of the constants for
/// messages.
std::string moduleText(llvm::ArrayRef<QuantizedCase> cases, bool elided) {
  std::vector<std::string> arguments, types, names;
  std::string body;
  int64_t constants = 0;
  for (const QuantizedCase &c : cases) {
    std::vector<std::string> operands;
    for (const QuantizedCase::Argument &argument : c.arguments) {
      operands.push_back("%a" + std::to_string(arguments.size()));
      arguments.push_back(operands.back() + ": " + argument.type);
    }
    for (const QuantizedCase::Argument &constant : c.constants) {
      operands.push_back("%c" + std::to_string(constants++));
      body +=
          constantText(operands.back(), constant.type, constant.data, elided);
    }
    std::string text = c.operation;
    for (size_t i = 0; i < operands.size(); ++i) {
      std::string hole = "{" + std::to_string(i) + "}";
      text.replace(text.find(hole), hole.size(), operands[i]);
    }
    names.push_back("%y" + std::to_string(names.size()));
    types.push_back(c.resultType);
    body += "  " + names.back() + " = " + text + "\n";
  }
  std::string results = llvm::join(types, ", ");
  return "func.func @main(" + llvm::join(arguments, ", ") + ") -> (" + results +
         ") {\n" + body + "  return " + llvm::join(names, ", ") + " : " +
         results + "\n}\n";
}

/// Whether element `i` is what the formula says; a NaN is as good as another.
bool isRight(const QuantizedCase &c, const Bytes &found, int64_t i) {
  if (c.element == "i8")
    return found[i] == c.expected[i];
  if (elementAt<int32_t>(found, i) == elementAt<int32_t>(c.expected, i))
    return true;
  if (c.element == "i32")
    return false;
  float value = elementAt<float>(found, i);
  float expected = elementAt<float>(c.expected, i);
  if (std::isnan(value) || std::isnan(expected))
    return std::isnan(value) && std::isnan(expected);
  return std::fabs(static_cast<double>(value) - expected) <=
         c.tolerance * std::max(1.0f, std::fabs(expected));
}

std::string describe(const QuantizedCase &c, const Bytes &data, int64_t i) {
  if (c.element == "i8")
    return std::to_string(static_cast<int>(data[i]));
  if (c.element == "i32")
    return std::to_string(elementAt<int32_t>(data, i));
  return llvm::formatv("{0:E9}", elementAt<float>(data, i));
}

void check(const Path &path, MLIRContext &context,
           llvm::ArrayRef<QuantizedCase> cases, int64_t first) {
  std::string where =
      llvm::formatv("{0}, seed {1}, operations from {2}: ", path.name,
                    commandLineOptions().seed, first);
  auto module = parseSourceString<ModuleOp>(moduleText(cases, false), &context);
  if (!module)
    FAIL() << where << "no module:\n" << moduleText(cases, true);
  auto model = compile(path, *module);
  if (!model)
    FAIL() << where << llvm::toString(model.takeError()) << "\n"
           << moduleText(cases, true);
  std::vector<llvm::ArrayRef<char>> inputs;
  for (const QuantizedCase &c : cases)
    for (const QuantizedCase::Argument &argument : c.arguments)
      inputs.push_back(argument.data);
  auto found = runBytes(**model, inputs);
  if (!found)
    FAIL() << where << llvm::toString(found.takeError()) << "\n"
           << moduleText(cases, true);
  for (auto [c, result] : llvm::zip(cases, *found)) {
    ASSERT_EQ(result.size(), c.expected.size()) << where;
    int64_t count = result.size() / (c.element == "i8" ? 1 : 4), wrong = 0;
    while (wrong < count && isRight(c, result, wrong))
      ++wrong;
    if (wrong < count)
      ADD_FAILURE() << where << "element " << wrong << " is "
                    << describe(c, result, wrong) << ", expected "
                    << describe(c, c.expected, wrong) << " in\n"
                    << moduleText(c, true);
  }
}

/// Draws `configurations` operations and checks them in portions.
void checkAll(const Path &path, int64_t configurations, uint32_t sequence,
              llvm::function_ref<QuantizedCase(std::mt19937 &)> draw) {
  std::unique_ptr<MLIRContext> context = createContext();
  const PropertyOptions &options = commandLineOptions();
  std::mt19937 random(options.seed * 1000003u + sequence);
  for (int64_t first = 0; first < configurations; first += options.portion) {
    std::vector<QuantizedCase> cases;
    int64_t count = std::min(options.portion, configurations - first);
    for (int64_t i = 0; i < count; ++i)
      cases.push_back(draw(random));
    check(path, *context, cases, first);
    if (testing::Test::HasFatalFailure())
      return;
  }
}

void checkLayers(const Path &path, Variant variant, int64_t configurations) {
  checkAll(path, configurations, 100 + static_cast<uint32_t>(variant),
           [&](std::mt19937 &random) {
             return drawQuantizedLayer(variant, random);
           });
}

void checkElementwise(const Path &path, int64_t configurations) {
  uint32_t sequence = 200;
  for (llvm::StringRef name : kElementwise)
    checkAll(path, configurations, ++sequence, [&](std::mt19937 &random) {
      return drawElementwise(name, random);
    });
}

/// Networks against what the reference path computes of them; every other one
/// in strips wherever they are possible.
void checkNetworks(const Machine &machine, int64_t configurations) {
  std::unique_ptr<MLIRContext> context = createContext();
  std::mt19937 random(commandLineOptions().seed * 1000003u + 300);
  for (int64_t i = 0; i < configurations; ++i) {
    QuantizedNetwork network = drawQuantizedNetwork(random);
    Path kernels = pathTo(machine, /*stripBytes=*/i % 2 ? 0 : -1);
    std::vector<llvm::ArrayRef<char>> inputs(network.inputs.begin(),
                                             network.inputs.end());
    std::vector<Bytes> results[2];
    for (int p = 0; p < 2; ++p) {
      auto module = parseSourceString<ModuleOp>(network.text(), context.get());
      ASSERT_TRUE(module) << network.text(/*elided=*/true);
      auto model = compile(p ? kernels : referencePath(), *module);
      ASSERT_TRUE(static_cast<bool>(model))
          << kernels.name << ", network " << i << ": "
          << llvm::toString(model.takeError()) << "\n"
          << network.text(/*elided=*/true);
      auto found = runBytes(**model, inputs);
      ASSERT_TRUE(static_cast<bool>(found))
          << kernels.name << ", network " << i << ": "
          << llvm::toString(found.takeError()) << "\n"
          << network.text(/*elided=*/true);
      results[p] = std::move(*found);
    }
    for (size_t output = 0; output < results[0].size(); ++output) {
      const Bytes &expected = results[0][output], &found = results[1][output];
      auto wrong = std::mismatch(found.begin(), found.end(), expected.begin());
      EXPECT_TRUE(wrong.first == found.end())
          << kernels.name << ", network " << i << ", output " << output
          << ": byte " << wrong.first - found.begin() << " is "
          << static_cast<int>(*wrong.first) << ", expected "
          << static_cast<int>(*wrong.second) << " in\n"
          << network.text(/*elided=*/true);
    }
  }
}

constexpr Variant kQuantized[] = {Variant::Standard, Variant::Grouped,
                                  Variant::Depthwise, Variant::Pointwise,
                                  Variant::Winograd};

std::string variantName(const testing::TestParamInfo<Variant> &info) {
  return nameOf(info.param);
}
std::string machineName(const testing::TestParamInfo<Machine> &info) {
  return info.param.name;
}

class QuantizedReference : public testing::TestWithParam<Variant> {};

TEST_P(QuantizedReference, LayersMatchFormula) {
  checkLayers(referencePath(), GetParam(), commandLineOptions().configurations);
}

TEST(QuantizedElements, ReferenceMatchesFormula) {
  checkElementwise(referencePath(), commandLineOptions().configurations);
}

INSTANTIATE_TEST_SUITE_P(EveryVariant, QuantizedReference,
                         testing::ValuesIn(kQuantized), variantName);

class QuantizedKernels : public testing::TestWithParam<Machine> {
protected:
  void SetUp() override {
    std::unique_ptr<MLIRContext> context = createContext();
    std::string missing = lacks(GetParam(), *context);
    if (!missing.empty())
      GTEST_SKIP() << GetParam().name << " is not tested: this machine lacks "
                   << missing;
  }
};

/// All variants share the configurations.
TEST_P(QuantizedKernels, LayersMatchFormula) {
  int64_t each = (commandLineOptions().configurations + 4) / 5;
  for (Variant variant : kQuantized)
    checkLayers(pathTo(GetParam()), variant, each);
}

TEST_P(QuantizedKernels, ElementwiseMatchesFormula) {
  checkElementwise(pathTo(GetParam()),
                   (commandLineOptions().configurations + 4) / 5);
}

TEST_P(QuantizedKernels, NetworksMatchReference) {
  checkNetworks(GetParam(), (commandLineOptions().configurations + 3) / 4);
}

INSTANTIATE_TEST_SUITE_P(EveryMachine, QuantizedKernels,
                         testing::ValuesIn(kMachines), machineName);

} // namespace

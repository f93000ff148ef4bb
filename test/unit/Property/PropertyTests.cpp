//===- PropertyTests.cpp - Random layers of every variant
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
//   PropertyTests [--configurations=N] [--seed=S] [--first=F] [GoogleTest's
//   options]
//   PropertyTests --write-networks=FOLDER [--configurations=N] [--seed=S]
//   [--first=F]
//
//===----------------------------------------------------------------------===//

#include "Network.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Signals.h"
#include "gtest/gtest.h"

using namespace lwtest;

namespace {
/// A tile is computed together, so a small output rounds like its large
/// neighbours. The points 0, +-1 and +-2 exceed it.
constexpr Tolerance kWinogradTolerance = {1e-6, /*ofLargest=*/true};

class Property : public testing::TestWithParam<Variant> {};
class Kernels
    : public testing::TestWithParam<std::tuple<std::string, Variant>> {};
} // namespace

TEST_P(Property, ReferenceMatchesFormula) {
  checkAgainstFormula(referencePath(), GetParam(), commandLineOptions());
}

INSTANTIATE_TEST_SUITE_P(EveryVariant, Property, testing::ValuesIn(kVariants),
                         [](const testing::TestParamInfo<Variant> &info) {
                           return nameOf(info.param);
                         });

TEST_P(Kernels, MatchReference) {
  auto [cpu, variant] = GetParam();
  bool always = variant == Variant::Winograd;
  checkAgainstPath(kernelPath(cpu, always ? mlir::lw::WinogradUse::Always
                                          : mlir::lw::WinogradUse::Never),
                   referencePath(), variant, commandLineOptions(),
                   always ? kWinogradTolerance : Tolerance());
}

class Threads : public testing::TestWithParam<Variant> {};

/// Three threads share every layer, however small; three divide few extents.
TEST_P(Threads, MatchReference) {
  bool always = GetParam() == Variant::Winograd;
  PropertyOptions options = commandLineOptions();
  options.configurations = (options.configurations + 3) / 4;
  checkAgainstPath(kernelPath("host",
                              always ? mlir::lw::WinogradUse::Always
                                     : mlir::lw::WinogradUse::Never,
                              /*stripBytes=*/-1, /*threads=*/3),
                   referencePath(), GetParam(), options,
                   always ? kWinogradTolerance : Tolerance());
}

INSTANTIATE_TEST_SUITE_P(EveryVariant, Threads, testing::ValuesIn(kVariants),
                         [](const testing::TestParamInfo<Variant> &info) {
                           return nameOf(info.param);
                         });

class LargeKernels : public testing::TestWithParam<std::string> {};

/// Layers that need several chunks of tiles and panels of channels.
TEST_P(LargeKernels, MatchFormula) {
  PropertyOptions options = commandLineOptions();
  options.configurations = (options.configurations + 9) / 10;
  options.portion = 1;
  options.limits = {60, 140, 100'000'000};
  checkAgainstFormula(kernelPath(GetParam(), mlir::lw::WinogradUse::Always),
                      Variant::Winograd, options, kWinogradTolerance);
}

INSTANTIATE_TEST_SUITE_P(Winograd, LargeKernels,
                         testing::ValuesIn(testedCpus()),
                         [](const testing::TestParamInfo<std::string> &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

INSTANTIATE_TEST_SUITE_P(
    EveryVariant, Kernels,
    testing::Combine(testing::ValuesIn(testedCpus()),
                     testing::ValuesIn(kVariants)),
    [](const testing::TestParamInfo<Kernels::ParamType> &info) {
      std::string name = std::get<0>(info.param);
      std::replace(name.begin(), name.end(), '-', '_');
      return name + "_" + nameOf(std::get<1>(info.param));
    });

/// Reads `--name=value`; false when the argument is another or no number.
static bool readNumber(llvm::StringRef argument, llvm::StringRef name,
                       uint32_t &value) {
  return argument.consume_front(name) && llvm::to_integer(argument, value);
}

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  // A crash names what was being compiled or run.
  llvm::sys::PrintStackTraceOnErrorSignal(argv[0]);
  llvm::StringRef folder;
  for (int i = 1; i < argc; ++i) {
    uint32_t number;
    llvm::StringRef argument = argv[i];
    if (readNumber(argv[i], "--configurations=", number)) {
      commandLineOptions().configurations = number;
    } else if (readNumber(argv[i], "--seed=", number)) {
      commandLineOptions().seed = number;
    } else if (readNumber(argv[i], "--first=", number)) {
      commandLineOptions().first = number;
    } else if (argument.consume_front("--write-networks=")) {
      folder = argument;
    } else {
      llvm::errs() << argv[0] << ": unknown argument '" << argv[i]
                   << "', expected --configurations=N, --seed=S, --first=F or "
                      "--write-networks=FOLDER\n";
      return 1;
    }
  }
  if (!folder.empty()) {
    if (llvm::Error error = writeNetworks(folder, commandLineOptions())) {
      llvm::errs() << argv[0] << ": " << llvm::toString(std::move(error))
                   << '\n';
      return 1;
    }
    return 0;
  }
  return RUN_ALL_TESTS();
}

//===- NetworkTests.cpp - Random networks through every way to code
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Networks of every operation against an interpreter, some at a time in one
// module. Each module goes one way, drawn from all processors, numbers of
// threads and switches. A network that fails is printed, and once more as small
// as it still fails. `--first=F --configurations=1` runs one alone.
//
//===----------------------------------------------------------------------===//

#include "Network.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace lwtest;

/// The processors that code is made for, those of the other tests and one
/// without fused multiply-adds.
static std::vector<std::string> networkCpus() {
  std::vector<std::string> cpus = testedCpus();
  cpus.push_back("x86-64-v2");
  return cpus;
}

/// `path` after the graph passes.
static Path withGraphPasses(Path path, const lw::GraphOptions &options) {
  path.name += llvm::formatv(", graph passes{0}{1}",
                             options.foldBatchNorm ? ", fold" : "",
                             options.fuseEpilogue ? ", fuse" : "");
  path.buildPipeline = [options, lower = path.buildPipeline](
                           OpPassManager &pm,
                           const lw::LowerToLLVMOptions &lowerOptions) {
    (void)lw::buildGraphPipeline(pm, options);
    lower(pm, lowerOptions);
  };
  return path;
}

/// One of all ways from the graph level to code.
static Path drawPath(std::mt19937 &random) {
  auto pick = [&](uint32_t count) { return random() % count; };
  Path path = referencePath();
  if (pick(8) != 0) {
    static const std::pair<lw::WinogradUse, const char *> winograds[] = {
        {lw::WinogradUse::Auto, "auto"},
        {lw::WinogradUse::Never, "never"},
        {lw::WinogradUse::Always, "always"}};
    std::vector<std::string> cpus = networkCpus();
    const std::string &cpu = cpus[pick(cpus.size())];
    unsigned threads = 1 + pick(3);
    auto [winograd, name] = winograds[pick(3)];
    bool strips = pick(2), shared = pick(2);
    path = kernelPath(cpu, winograd, strips ? 0 : -1, threads, shared ? 16 : 0);
    path.name += llvm::formatv(", {0} threads, Winograd {1}{2}{3}", threads,
                               name, strips ? ", strips" : "",
                               shared ? ", shared weights" : "");
  }
  if (pick(5) == 0)
    return path; // the network as it is
  lw::GraphOptions graph;
  graph.foldBatchNorm = pick(3) != 0;
  graph.fuseEpilogue = pick(3) != 0;
  return withGraphPasses(std::move(path), graph);
}

static void report(const Path &path, const Network &network, int64_t number) {
  std::string fault = findFault(path, network);
  std::string which = llvm::formatv("{0}, seed {1}, network {2}", path.name,
                                    commandLineOptions().seed, number);
  if (fault.empty()) {
    ADD_FAILURE() << which << " fails beside the others of its module only:\n"
                  << network.print(/*whole=*/false);
    return;
  }
  Network small = shrink(path, network);
  ADD_FAILURE() << which << ": " << fault << " in\n"
                << network.print(/*whole=*/false)
                << "shrunk: " << findFault(path, small) << " in\n"
                << small.print(/*whole=*/true);
}

TEST(Networks, MatchInterpreter) {
  const PropertyOptions &options = commandLineOptions();
  std::unique_ptr<MLIRContext> context = createContext();
  int64_t end = options.first + options.configurations, loose = 0;
  for (int64_t first = options.first; first < end; first += options.portion) {
    std::mt19937 random(options.seed * 1000003u +
                        static_cast<uint32_t>(first / options.portion));
    Path path = drawPath(random);
    llvm::PrettyStackTraceFormat trace(
        "Random networks from %lld of seed %u by %s",
        static_cast<long long>(first), options.seed, path.name.c_str());
    std::vector<Network> networks;
    for (int64_t i = first; i < std::min(first + options.portion, end); ++i)
      networks.push_back(drawNetwork(options.seed, i, *context));
    auto outputs = run(path, merge(networks, *context));
    bool failed = !outputs;
    size_t next = 0;
    for (auto [i, network] : llvm::enumerate(networks)) {
      if (outputs) {
        size_t count = network.main().getNumResults();
        ArrayRef<std::vector<float>> own(*outputs);
        auto expected = llvm::cantFail(expect(network));
        if (!findFault(expected, own.slice(next, count)).empty())
          report(path, network, first + i);
        loose += expected.isLoose();
        next += count;
      } else if (!findFault(path, network).empty()) {
        failed = false;
        report(path, network, first + i);
      }
    }
    if (!outputs) {
      std::string error = llvm::toString(outputs.takeError());
      if (failed)
        ADD_FAILURE() << path.name << ", seed " << options.seed
                      << ", networks from " << first
                      << " in one module: " << error;
    }
  }
  // Networks are drawn so that few enlarge rounding errors.
  EXPECT_LE(loose, 2 + options.configurations / 8);
}

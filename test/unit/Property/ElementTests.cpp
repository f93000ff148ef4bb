//===- ElementTests.cpp - Broadcasts, products and moves of elements
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Random operations on values of any rank, each a network of its own, through
// the kernels of every processor and against the interpreter.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "Network.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace lwtest;

namespace {

using Extents = std::vector<int64_t>;

std::string typeOf(const Extents &shape) {
  std::string text = "tensor<";
  for (int64_t extent : shape)
    text += std::to_string(extent) + "x";
  return text + "f32>";
}

std::string listOf(const Extents &values) {
  return llvm::join(
      llvm::map_range(values, [](int64_t v) { return std::to_string(v); }),
      ", ");
}

class Draw {
public:
  Draw(uint32_t seed, MLIRContext &context) : random(seed), context(context) {}

  int64_t number(int64_t least, int64_t most) {
    return least + random() % (most - least + 1);
  }
  /// Around multiples of vectors, or small.
  int64_t extent() {
    static const int64_t odd[] = {15, 16, 17, 31, 33, 7, 8, 9};
    return number(0, 1) ? odd[number(0, 7)] : number(1, 6);
  }
  Extents shape(int64_t rank) {
    Extents result;
    int64_t elements = 1;
    for (int64_t i = 0; i < rank; ++i) {
      int64_t next = extent();
      result.push_back(elements * next > 20'000 ? 1 : next);
      elements *= result.back();
    }
    return result;
  }
  /// A network of one operation: its operands' shapes, and text of `%0`, `%1`
  /// and so on.
  Network network(const std::vector<Extents> &operands, const Extents &result,
                  const std::string &body) {
    std::string arguments;
    Network network;
    for (auto [i, shape] : llvm::enumerate(operands)) {
      arguments +=
          llvm::formatv("{0}%x{1}: {2}", i ? ", " : "", i, typeOf(shape));
      int64_t count = 1;
      for (int64_t extent : shape)
        count *= extent;
      std::uniform_real_distribution<float> values(0.25f, 2.0f);
      network.inputs.emplace_back();
      for (int64_t j = 0; j < count; ++j)
        network.inputs.back().push_back(values(random));
    }
    std::string type = typeOf(result);
    std::string source =
        llvm::formatv("func.func @main({0}) -> {1} {{\n{2}\n  return %r : "
                      "{1}\n}\n",
                      arguments, type, body);
    network.module = parseSourceString<ModuleOp>(source, &context);
    EXPECT_TRUE(network.module) << source;
    return network;
  }

private:
  std::mt19937 random;
  MLIRContext &context;
};

/// One of two operands, or both, broadcast in any dimensions; or one operand.
Network drawElementwise(Draw &draw) {
  static const char *const unaries[] = {"exp",   "log", "rsqrt",     "erf",
                                        "floor", "abs", "reciprocal"};
  static const char *const binaries[] = {"add",     "sub",     "mul",
                                         "maximum", "minimum", "pow"};
  Extents result = draw.shape(draw.number(1, 6));
  if (draw.number(0, 3) == 0) {
    std::string type = typeOf(result);
    return draw.network({result}, result,
                        llvm::formatv("  %r = tosa.{0} %x0 : ({1}) -> {1}",
                                      unaries[draw.number(0, 6)], type));
  }
  Extents left = result, right = result;
  for (size_t i = 0; i < result.size(); ++i)
    switch (draw.number(0, 3)) {
    case 0:
      left[i] = 1;
      break;
    case 1:
      right[i] = 1;
      break;
    default:
      break;
    }
  std::string name = binaries[draw.number(0, 5)];
  std::string shift = name == "mul"
                          ? "  %s = \"tosa.const\"() {values = dense<0> : "
                            "tensor<1xi8>} : () -> tensor<1xi8>\n"
                          : "";
  std::string body = llvm::formatv(
      "{0}  %r = tosa.{1} %x0, %x1{2} : ({3}, {4}{5}) -> {6}", shift, name,
      name == "mul" ? ", %s" : "", typeOf(left), typeOf(right),
      name == "mul" ? ", tensor<1xi8>" : "", typeOf(result));
  return draw.network({left, right}, result, body);
}

Network drawProduct(Draw &draw) {
  int64_t batch = draw.number(1, 5);
  int64_t rows = draw.extent(), inner = draw.extent(), columns = draw.extent();
  if (draw.number(0, 4) == 0)
    inner = draw.number(500, 2500);
  if (draw.number(0, 4) == 0)
    columns = draw.number(60, 200);
  Extents left = {batch, rows, inner}, right = {batch, inner, columns},
          result = {batch, rows, columns};
  std::string body = llvm::formatv(
      "  %z = \"tosa.const\"() {{values = dense<0.0> : tensor<1xf32>} : () -> "
      "tensor<1xf32>\n  %r = tosa.matmul %x0, %x1, %z, %z : ({0}, {1}, "
      "tensor<1xf32>, tensor<1xf32>) -> {2}",
      typeOf(left), typeOf(right), typeOf(result));
  return draw.network({left, right}, result, body);
}

Network drawMove(Draw &draw) {
  int64_t rank = draw.number(2, 6);
  Extents from = draw.shape(rank), to = from;
  std::string type = typeOf(from);
  int64_t axis = draw.number(0, rank - 1);
  switch (draw.number(0, 3)) {
  case 0: {
    Extents order;
    for (int64_t i = 0; i < rank; ++i)
      order.insert(order.begin() + draw.number(0, i), i);
    for (int64_t i = 0; i < rank; ++i)
      to[i] = from[order[i]];
    return draw.network(
        {from}, to,
        llvm::formatv("  %r = tosa.transpose %x0 {{perms = array<i32: {0}>} : "
                      "({1}) -> {2}",
                      listOf(order), type, typeOf(to)));
  }
  case 1:
    return draw.network(
        {from}, to,
        llvm::formatv("  %r = tosa.reverse %x0 {{axis = {0} : i32} : ({1}) -> "
                      "{1}",
                      axis, type));
  case 2: {
    Extents times(rank, 1);
    times[axis] = draw.number(2, 4);
    if (draw.number(0, 1))
      times[draw.number(0, rank - 1)] = 2;
    for (int64_t i = 0; i < rank; ++i)
      to[i] *= times[i];
    return draw.network(
        {from}, to,
        llvm::formatv("  %t = tosa.const_shape {{values = dense<[{0}]> : "
                      "tensor<{1}xindex>} : () -> !tosa.shape<{1}>\n  %r = "
                      "tosa.tile %x0, %t : ({2}, !tosa.shape<{1}>) -> {3}",
                      listOf(times), rank, type, typeOf(to)));
  }
  default:
    Extents start(rank, 0);
    for (int64_t i = 0; i < rank; ++i) {
      to[i] = draw.number(1, from[i]);
      start[i] = draw.number(0, from[i] - to[i]);
    }
    return draw.network(
        {from}, to,
        llvm::formatv("  %b = tosa.const_shape {{values = dense<[{0}]> : "
                      "tensor<{1}xindex>} : () -> !tosa.shape<{1}>\n  %s = "
                      "tosa.const_shape {{values = dense<[{2}]> : "
                      "tensor<{1}xindex>} : () -> !tosa.shape<{1}>\n  %r = "
                      "tosa.slice %x0, %b, %s : ({3}, !tosa.shape<{1}>, "
                      "!tosa.shape<{1}>) -> {4}",
                      listOf(start), rank, listOf(to), type, typeOf(to)));
  }
}

void check(Network (*draw)(Draw &), uint32_t kind) {
  const PropertyOptions &options = commandLineOptions();
  std::unique_ptr<MLIRContext> context = createContext();
  std::vector<std::string> cpus = testedCpus();
  cpus.push_back("x86-64-v2");
  for (auto [i, cpu] : llvm::enumerate(cpus)) {
    // Some threads, too, where the work would be too little for them.
    unsigned threads = 1 + 2 * (i % 2);
    Path path = kernelPath(cpu, lw::WinogradUse::Auto, -1, threads);
    Draw numbers(options.seed * 1009 + 7 * i + kind, *context);
    std::vector<Network> networks;
    for (int64_t n = 0; n < options.configurations; ++n)
      networks.push_back(draw(numbers));
    if (findFault(path, merge(networks, *context)).empty())
      continue;
    for (const Network &network : networks) {
      std::string fault = findFault(path, network);
      EXPECT_TRUE(fault.empty())
          << cpu << ", " << threads << " threads: " << fault << " in\n"
          << network.print(/*whole=*/false);
    }
  }
}

TEST(Elements, OfBroadcastsMatchInterpreter) { check(drawElementwise, 1); }

TEST(Elements, OfProductsMatchInterpreter) { check(drawProduct, 2); }

TEST(Elements, OfMovesMatchInterpreter) { check(drawMove, 3); }

} // namespace

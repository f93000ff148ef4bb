//===- Network.cpp - A random network with its inputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Network.h"
#include "../RandomGraph.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace lwtest;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

std::string Network::print(bool whole) const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  OpPrintingFlags flags;
  if (!whole)
    flags.elideLargeElementsAttrs(8);
  module.get().print(stream, flags);
  if (!whole)
    return text;
  for (auto [i, argument] : llvm::enumerate(main().getArguments()))
    stream << "// input " << i << " = "
           << DenseElementsAttr::get(cast<ShapedType>(argument.getType()),
                                     ArrayRef<float>(inputs[i]))
           << "\n";
  return text;
}

Network lwtest::drawNetwork(uint32_t seed, int64_t number,
                            MLIRContext &context) {
  uint32_t start = seed * 1000003u + static_cast<uint32_t>(number);
  std::string text = RandomGraph(start).write();
  Network network{parseSourceString<ModuleOp>(text, &context), {}};
  if (!network.module)
    llvm::report_fatal_error(llvm::Twine("not a network:\n") + text);
  std::mt19937 random(start);
  for (Value argument : network.main().getArguments()) {
    std::vector<float> &input = network.inputs.emplace_back(
        ShapedType::getNumElements(shapeOf(argument)));
    for (float &value : input)
      value = static_cast<float>(random() % 40001) / 10000.0f - 2.0f;
  }
  return network;
}

Network lwtest::merge(ArrayRef<Network> networks, MLIRContext &context) {
  OpBuilder b(&context);
  Network all{ModuleOp::create(b, b.getUnknownLoc()), {}};
  SmallVector<Type> arguments, types;
  for (const Network &network : networks) {
    llvm::append_range(arguments, network.main().getArgumentTypes());
    llvm::append_range(types, network.main().getResultTypes());
    llvm::append_range(all.inputs, network.inputs);
  }
  b.setInsertionPointToStart(all.module->getBody());
  auto main = func::FuncOp::create(b, b.getUnknownLoc(), "main",
                                   b.getFunctionType(arguments, types));
  b.setInsertionPointToStart(main.addEntryBlock());
  SmallVector<Value> results;
  unsigned argument = 0;
  for (const Network &network : networks) {
    IRMapping mapping;
    for (Value from : network.main().getArguments())
      mapping.map(from, main.getArgument(argument++));
    Block &body = network.main().front();
    for (Operation &op : body.without_terminator())
      b.clone(op, mapping);
    for (Value result : body.getTerminator()->getOperands())
      results.push_back(mapping.lookup(result));
  }
  func::ReturnOp::create(b, b.getUnknownLoc(), results);
  return all;
}

llvm::Expected<Outputs> lwtest::run(const Path &path, const Network &network) {
  OwningOpRef<ModuleOp> lowered = network.module.get().clone();
  std::string messages;
  ScopedDiagnosticHandler handler(
      lowered.get().getContext(),
      [&](Diagnostic &message) { messages += ": " + message.str(); });
  auto model = compile(path, *lowered);
  if (!model)
    return llvm::createStringError(llvm::toString(model.takeError()) +
                                   messages);
  return run(**model, std::vector<ArrayRef<float>>(network.inputs.begin(),
                                                   network.inputs.end()));
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

/// Within 1e-4 of the largest magnitude of the output, as everywhere; or, where
/// the network enlarges rounding, within ten times what moving every value
/// inside by 3e-6 of its tensor's largest does to the output. Winograd's
/// filtering moves it by 1.5e-5.
constexpr double kShare = 1e-4, kDisturbance = 3e-6, kMultiple = 10;
/// Smaller than what any layer makes of inputs around 1.
constexpr double kLeast = 1e-6;

llvm::Expected<Expectation> lwtest::expect(const Network &network) {
  auto exact = interpret(*network.module, network.inputs);
  if (!exact)
    return exact.takeError();
  auto disturbed =
      llvm::cantFail(interpret(*network.module, network.inputs, kDisturbance));
  Expectation expected;
  for (Value result : network.main().front().getTerminator()->getOperands()) {
    const Array &right = exact->at(result);
    double bound = std::max(kLeast, kShare * right.largest());
    for (auto [a, b] : llvm::zip(right.values, disturbed.at(result).values))
      if (std::isfinite(a) && std::isfinite(b))
        bound = std::max(bound, kMultiple * std::fabs(double(a) - b));
    expected.bounds.push_back(bound);
    expected.outputs.push_back(right);
  }
  return expected;
}

bool Expectation::isLoose() const {
  return llvm::any_of(llvm::zip(outputs, bounds), [](auto both) {
    auto [output, bound] = both;
    return bound > std::max(kLeast, output.largest() / 100);
  });
}

std::string lwtest::findFault(const Expectation &expected,
                              ArrayRef<std::vector<float>> found) {
  for (size_t i = 0; i < found.size(); ++i) {
    const Array &right = expected.outputs[i];
    const double bound = expected.bounds[i];
    std::string text;
    forEachElement(right.shape, [&](int64_t j, ArrayRef<int64_t> index) {
      float value = found[i][j], wanted = right.values[j];
      if (!text.empty() || value == wanted ||
          std::fabs(double(value) - wanted) <= bound ||
          (std::isnan(value) && std::isnan(wanted)))
        return;
      llvm::raw_string_ostream stream(text);
      stream << "output " << i << " [";
      llvm::interleaveComma(index, stream);
      stream << "] is " << value << ", expected " << wanted << " within "
             << llvm::format("%.2g", bound);
    });
    if (!text.empty())
      return text;
  }
  return "";
}

std::string lwtest::findFault(const Path &path, const Network &network) {
  auto expected = expect(network);
  if (!expected)
    return llvm::toString(expected.takeError());
  auto found = run(path, network);
  return found ? findFault(*expected, *found)
               : llvm::toString(found.takeError());
}

//===----------------------------------------------------------------------===//
// Shrinking
//===----------------------------------------------------------------------===//

/// Erases what no result needs, arguments too.
static void eraseDead(Network &network) {
  func::FuncOp main = network.main();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(main.front())))
    if (op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>())
      op.erase();
  for (int i = main.getNumArguments() - 1; i >= 0; --i)
    if (main.getArgument(i).use_empty() && main.getNumArguments() > 1) {
      (void)main.eraseArgument(i);
      network.inputs.erase(network.inputs.begin() + i);
    }
}

/// Returns `values` only.
static void setResults(Network &network, ArrayRef<Value> values) {
  func::FuncOp main = network.main();
  main.front().getTerminator()->setOperands(values);
  main.setType(FunctionType::get(main.getContext(), main.getArgumentTypes(),
                                 ValueRange(values).getTypes()));
}

/// All that is one step smaller than `network`, as functions of a copy of it.
static std::vector<std::function<void(Network &)>>
listSteps(const Network &network) {
  std::vector<std::function<void(Network &)>> steps;
  Operation *terminator = network.main().front().getTerminator();
  unsigned results = terminator->getNumOperands();
  for (unsigned i = 0; results > 1 && i < results; ++i)
    steps.push_back([i](Network &copy) {
      setResults(copy, copy.main().front().getTerminator()->getOperand(i));
    });
  auto values = interpret(*network.module, network.inputs);
  if (!values) {
    llvm::consumeError(values.takeError());
    return steps;
  }
  for (auto [number, op] : llvm::enumerate(network.main().front())) {
    auto operation = [number = number](Network &copy) {
      return &*std::next(copy.main().front().begin(), number);
    };
    auto it =
        op.getNumResults() ? values->find(op.getResult(0)) : values->end();
    if (it == values->end() || op.hasTrait<OpTrait::ConstantLike>())
      continue;
    // Its value as one more input, without what computed it.
    steps.push_back([operation, input = it->second.values](Network &copy) {
      Value result = operation(copy)->getResult(0);
      func::FuncOp main = copy.main();
      unsigned last = main.getNumArguments();
      (void)main.insertArgument(last, result.getType(), {}, main.getLoc());
      result.replaceAllUsesWith(main.getArgument(last));
      copy.inputs.push_back(input);
    });
    // Nothing in its place.
    for (unsigned i = 0; i < op.getNumOperands(); ++i)
      if (op.getOperand(i).getType() == op.getResult(0).getType())
        steps.push_back([operation, i](Network &copy) {
          Operation *op = operation(copy);
          op->getResult(0).replaceAllUsesWith(op->getOperand(i));
        });
  }
  return steps;
}

Network lwtest::shrink(const Path &path, const Network &network) {
  Network smallest = network.clone();
  auto size = [](const Network &network) {
    return network.main().front().getOperations().size() +
           network.main().getNumResults();
  };
  for (bool smaller = true; smaller;) {
    smaller = false;
    // From the end, where one step leaves most out.
    std::vector<std::function<void(Network &)>> steps = listSteps(smallest);
    for (const auto &step : llvm::reverse(steps)) {
      Network candidate = smallest.clone();
      step(candidate);
      eraseDead(candidate);
      if (size(candidate) >= size(smallest) ||
          failed(verify(*candidate.module)) ||
          findFault(path, candidate).empty())
        continue;
      smallest = std::move(candidate);
      smaller = true;
      break;
    }
  }
  return smallest;
}

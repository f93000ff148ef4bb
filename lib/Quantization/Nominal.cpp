//===- Nominal.cpp - An integer network for its time alone
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Preparation.h"
#include "lw/Dialect/IR/Precision.h"
#include "lw/Quantization/Quantization.h"

using namespace mlir;
using namespace mlir::lw;

/// Inputs that are quantized and results that are dequantized become integers.
static void exposeIntegers(func::FuncOp main) {
  Block &block = main.getBody().front();
  for (BlockArgument argument : block.getArguments()) {
    auto quantize = argument.hasOneUse()
                        ? dyn_cast<QuantizeOp>(*argument.user_begin())
                        : QuantizeOp();
    if (!quantize)
      continue;
    Value bytes = quantize->getResult(0);
    argument.setType(bytes.getType());
    bytes.replaceAllUsesWith(argument);
    quantize->erase();
  }
  Operation *end = block.getTerminator();
  for (OpOperand &result : end->getOpOperands())
    if (auto dequantize = result.get().getDefiningOp<DequantizeOp>()) {
      result.set(dequantize->getOperand(0));
      if (dequantize->use_empty())
        dequantize->erase();
    }
  main.setType(FunctionType::get(main.getContext(), block.getArgumentTypes(),
                                 end->getOperandTypes()));
}

llvm::Error lw::makeNominalIntegers(
    func::FuncOp main, bool border,
    const std::function<bool(ConvolutionOpInterface)> &gainsByShortSums) {
  if (llvm::Error error = splitSeparable(main))
    return error;
  splitActivations(main);
  ElementFunctions functions(main);
  llvm::DenseSet<Operation *> skipped;
  for (auto conv : main.getOps<ConvolutionOpInterface>())
    if (conv->hasAttr(kStaysFloatAttrName))
      skipped.insert(conv);
  SmallVector<Value> results;
  if (border)
    results = main.getBody().front().getTerminator()->getOperands();
  QuantPlan plan(main, functions, skipped, results);
  plan.joinValues(main, [](Value, Value) { return false; });

  NetworkQuantization numbers;
  // What may be below zero has another zero point, as it has in the end.
  QuantAttr positive = makeQuantization(main.getContext(), {0, 8});
  QuantAttr any = makeQuantization(main.getContext(), {-8, 8});
  llvm::DenseSet<Value> isSigned = findSigned(main, plan);
  auto describe = [&](Value value) {
    Value leader = plan.getLeader(value);
    auto conv = leader.getDefiningOp<ConvolutionOpInterface>();
    ActivationAttr activation =
        conv ? conv.getConvActivation() : ActivationAttr();
    bool isPositive =
        activation && activation.getKind() == ActivationKind::Relu;
    numbers.values[leader] =
        (isPositive ? positive : any).withUnsigned(!isSigned.contains(leader));
  };
  for (Value argument : main.getArguments())
    describe(argument);
  for (Operation &op : main.getBody().front())
    for (Value result : op.getResults())
      describe(result);
  for (auto conv : main.getOps<ConvolutionOpInterface>())
    if (plan.getRole(conv) == QuantRole::Convolution)
      numbers.weights[conv] = makeWeights(
          conv, numbers.values.lookup(plan.getLeader(conv.getConvInput())),
          /*perTensor=*/false, gainsByShortSums && gainsByShortSums(conv));
  rewriteToIntegers(main, plan, numbers);
  mergeActivations(main);
  if (border)
    exposeIntegers(main);
  return clean(main);
}

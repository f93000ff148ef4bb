//===- Rewrite.cpp - A network with integer operations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Rewrite.h"
#include "lw/Dialect/IR/Quantization.h"
#include "lw/Transforms/IntegerAverage.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

class Rewriter {
public:
  Rewriter(func::FuncOp main, const QuantPlan &plan,
           const NetworkQuantization &numbers)
      : main(main), plan(plan), numbers(numbers), builder(main.getContext()) {}

  void run();

private:
  QuantAttr quantOf(Value value) const {
    return numbers.values.lookup(plan.getLeader(value));
  }
  /// The integers of a value, quantized where it is computed in f32.
  Value integersOf(Value value);
  /// A value in f32, computed from its integers where it comes as such.
  Value realsOf(Value value);

  /// The integer operation in place of `op`.
  Value rewrite(Operation *op, QuantRole role);
  Value rewriteConvolution(ConvolutionOpInterface conv);
  Value rewriteThrough(Operation *op);
  Value rewriteConcat(tosa::ConcatOp concat);
  /// A copy of `op` with i8 in place of f32, at the builder's place.
  Value cloneWith(Operation *op, ArrayRef<Value> operands);

  func::FuncOp main;
  const QuantPlan &plan;
  const NetworkQuantization &numbers;
  OpBuilder builder;
  /// By values of the network before.
  llvm::DenseMap<Value, Value> integers, reals;
  llvm::DenseMap<Operation *, DenseElementsAttr> tables;
};

} // namespace

static RankedTensorType withBytes(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.clone(IntegerType::get(value.getContext(), 8));
}

Value Rewriter::integersOf(Value value) {
  Value &result = integers[value];
  if (!result) {
    OpBuilder::InsertionGuard guard(builder);
    // Where it is made, for all its readers.
    if (Operation *maker = value.getDefiningOp())
      builder.setInsertionPointAfter(maker);
    else
      builder.setInsertionPointToStart(&main.getBody().front());
    result = QuantizeOp::create(builder, value.getLoc(), value, quantOf(value));
  }
  return result;
}

Value Rewriter::realsOf(Value value) {
  if (!plan.isMade(value))
    return reals.contains(value) ? reals[value] : value;
  Value &result = reals[value];
  if (!result) {
    OpBuilder::InsertionGuard guard(builder);
    Value from = integers[value];
    builder.setInsertionPointAfterValue(from);
    result =
        DequantizeOp::create(builder, value.getLoc(), from, quantOf(value));
  }
  return result;
}

Value Rewriter::cloneWith(Operation *op, ArrayRef<Value> operands) {
  Operation *copy = builder.clone(*op);
  copy->setOperands(operands);
  copy->getResult(0).setType(withBytes(op->getResult(0)));
  return copy->getResult(0);
}

Value Rewriter::rewriteConvolution(ConvolutionOpInterface conv) {
  Value result = conv->getResult(0), residual = conv.getConvResidual();
  Value filter = conv.getConvFilters().front();
  bool isMade = plan.isWanted(result);
  const IntegerWeights &weights = numbers.weights.find(conv)->second;
  Location location = conv.getLoc();
  Value input = integersOf(conv.getConvInput());
  Value newResidual;
  if (residual)
    newResidual = isMade ? integersOf(residual) : realsOf(residual);
  Value newFilter =
      createIntegers(builder, location, withBytes(filter), weights.filter);
  Value newBias;
  if (!weights.bias.empty())
    newBias = createIntegers(
        builder, location,
        RankedTensorType::get({static_cast<int64_t>(weights.bias.size())},
                              builder.getI32Type()),
        weights.bias);
  QuantAttr output = isMade ? quantOf(result) : QuantAttr();
  auto quantization = ConvQuantAttr::get(
      main.getContext(), quantOf(conv.getConvInput()),
      DenseF32ArrayAttr::get(main.getContext(), weights.scales), output,
      isMade && residual ? quantOf(residual) : QuantAttr());

  auto copy = cast<ConvolutionOpInterface>(builder.clone(*conv));
  for (OpOperand &operand : copy->getOpOperands())
    if (operand.get() == filter)
      operand.set(newFilter);
  // By position: input and residual may be the same value.
  copy->setOperand(0, input);
  copy.setConvBias(newBias);
  copy.setConvResidual(newResidual);
  copy->setAttr("quantization", quantization);
  if (isMade)
    copy->getResult(0).setType(withBytes(result));
  return copy->getResult(0);
}

Value Rewriter::rewriteThrough(Operation *op) {
  SmallVector<Value> operands(op->getOperands());
  operands[0] = integersOf(operands[0]);
  if (isa<tosa::PadOp>(op))
    operands[2] = createIntegers(
        builder, op->getLoc(), RankedTensorType::get({1}, builder.getI8Type()),
        static_cast<int32_t>(quantOf(op->getOperand(0)).getZeroPoint()));
  return cloneWith(op, operands);
}

Value Rewriter::rewriteConcat(tosa::ConcatOp concat) {
  QuantAttr whole = quantOf(concat.getResult());
  SmallVector<Value> parts;
  for (Value part : concat.getOperands()) {
    Value bytes = integersOf(part);
    if (QuantAttr own = quantOf(part); own != whole)
      bytes = RequantizeOp::create(builder, part.getLoc(), bytes, own, whole);
    parts.push_back(bytes);
  }
  return cloneWith(concat, parts);
}

Value Rewriter::rewrite(Operation *op, QuantRole role) {
  Location location = op->getLoc();
  switch (role) {
  case QuantRole::Float:
    break;
  case QuantRole::Convolution:
    return rewriteConvolution(cast<ConvolutionOpInterface>(op));
  case QuantRole::Average: {
    auto pool = cast<tosa::AvgPool2dOp>(op);
    Value input = pool.getInput();
    return createIntegerAverage(builder, pool, integersOf(input),
                                quantOf(input), quantOf(pool.getOutput()));
  }
  case QuantRole::Through:
    return rewriteThrough(op);
  case QuantRole::Concat:
    return rewriteConcat(cast<tosa::ConcatOp>(op));
  case QuantRole::Function: {
    Value result = op->getResult(0);
    const ElementFunctions &functions = plan.getFunctions();
    return LookupOp::create(builder, location, withBytes(result),
                            integersOf(functions.getSource(result)),
                            tables.lookup(op));
  }
  case QuantRole::Add:
  case QuantRole::Mul: {
    Value lhs = op->getOperand(0), rhs = op->getOperand(1);
    Value result = op->getResult(0);
    if (role == QuantRole::Add)
      return AddOp::create(builder, location, withBytes(result),
                           integersOf(lhs), integersOf(rhs), quantOf(lhs),
                           quantOf(rhs), quantOf(result));
    return MulOp::create(builder, location, withBytes(result), integersOf(lhs),
                         integersOf(rhs), quantOf(lhs), quantOf(rhs),
                         quantOf(result));
  }
  }
  llvm_unreachable("has no integer form");
}

void Rewriter::run() {
  SmallVector<Operation *> before;
  for (Operation &op : main.getBody().front())
    before.push_back(&op);
  // Before the steps of functions that stay in f32 read other operands.
  const ElementFunctions &functions = plan.getFunctions();
  for (Operation *op : before) {
    if (plan.getRole(op) != QuantRole::Function)
      continue;
    Value result = op->getResult(0), source = functions.getSource(result);
    tables[op] = functions.makeTable(result, quantOf(source), quantOf(result));
  }
  SmallVector<Operation *> replaced;
  for (Operation *op : before) {
    QuantRole role = plan.getRole(op);
    if (role == QuantRole::Float) {
      op->walk([&](Operation *inner) {
        for (OpOperand &operand : inner->getOpOperands())
          operand.set(realsOf(operand.get()));
      });
      continue;
    }
    builder.setInsertionPointAfter(op);
    Value result = op->getResult(0);
    (plan.isMade(result) ? integers : reals)[result] = rewrite(op, role);
    replaced.push_back(op);
  }
  for (Operation *op : llvm::reverse(replaced))
    op->erase();
}

void lw::rewriteToIntegers(func::FuncOp main, const QuantPlan &plan,
                           const NetworkQuantization &numbers) {
  Rewriter(main, plan, numbers).run();
}

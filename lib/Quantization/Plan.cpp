//===- Plan.cpp - What of a network is computed with integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Plan.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace mlir::lw;

static bool isStaticF32(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.hasStaticShape() && type.getElementType().isF32();
}

static bool isZeroPad(tosa::PadOp pad) {
  auto value = readConstant(pad.getPadConst());
  return value && value->size() == 1 && value->front() == 0;
}

bool lw::readsConstant(ConvolutionOpInterface conv) {
  Value residual = conv.getConvResidual();
  return isConstantFloat(conv.getConvInput()) ||
         (residual && isConstantFloat(residual));
}

QuantRole QuantPlan::roleOf(Operation &op) const {
  if (op.getNumResults() != 1 || !isStaticF32(op.getResult(0)))
    return QuantRole::Float;
  Value result = op.getResult(0);
  if (functions.getSource(result))
    return QuantRole::Function;
  if (auto conv = dyn_cast<ConvolutionOpInterface>(op)) {
    ActivationAttr act = conv.getConvActivation();
    bool bounded = !act || act.getKind() == ActivationKind::Relu ||
                   act.getKind() == ActivationKind::Clamp;
    return conv.getConvFilters().size() == 1 && !conv.getConvQuantization() &&
                   !readsConstant(conv) && bounded &&
                   isStaticF32(conv.getConvInput()) &&
                   isConstantFloat(conv.getConvFilters().front()) &&
                   (!conv.getConvBias() || isConstantFloat(conv.getConvBias()))
               ? QuantRole::Convolution
               : QuantRole::Float;
  }
  if (auto pool = dyn_cast<tosa::AvgPool2dOp>(op))
    return isStaticF32(pool.getInput()) ? QuantRole::Average : QuantRole::Float;
  if (auto pad = dyn_cast<tosa::PadOp>(op))
    return isZeroPad(pad) ? QuantRole::Through : QuantRole::Float;
  if (auto resize = dyn_cast<tosa::ResizeOp>(op))
    return resize.getMode() == tosa::ResizeMode::NEAREST_NEIGHBOR
               ? QuantRole::Through
               : QuantRole::Float;
  if (auto interpolate = dyn_cast<InterpolateOp>(op))
    return interpolate.getWeights().empty() ? QuantRole::Through
                                            : QuantRole::Float;
  if (auto interleave = dyn_cast<InterleaveOp>(op))
    return interleave.getInputs().size() == 1 ? QuantRole::Through
                                              : QuantRole::Float;
  if (isa<tosa::MaxPool2dOp, tosa::ReshapeOp, tosa::SliceOp, tosa::TransposeOp,
          ChannelShuffleOp>(op))
    return QuantRole::Through;
  if (isa<tosa::ConcatOp>(op))
    return QuantRole::Concat;
  bool computed = llvm::none_of(op.getOperands().take_front(2), [](Value v) {
    return isConstantFloat(v) || !isStaticF32(v);
  });
  if (isa<tosa::AddOp>(op) && computed)
    return QuantRole::Add;
  if (isa<tosa::MulOp>(op) && computed)
    return QuantRole::Mul;
  return QuantRole::Float;
}

SmallVector<Value> lw::integerOperands(Operation *op, QuantRole role,
                                       const ElementFunctions &functions) {
  switch (role) {
  case QuantRole::Float:
    return {};
  case QuantRole::Convolution: {
    auto conv = cast<ConvolutionOpInterface>(op);
    SmallVector<Value> result = {conv.getConvInput()};
    if (conv.getConvResidual())
      result.push_back(conv.getConvResidual());
    return result;
  }
  case QuantRole::Function:
    return {functions.getSource(op->getResult(0))};
  case QuantRole::Add:
  case QuantRole::Mul:
    return {op->getOperand(0), op->getOperand(1)};
  case QuantRole::Average:
  case QuantRole::Through:
    return {op->getOperand(0)};
  case QuantRole::Concat:
    return llvm::to_vector(op->getOperands());
  }
  llvm_unreachable("all roles are above");
}

QuantPlan::QuantPlan(func::FuncOp main, const ElementFunctions &functions,
                     const llvm::DenseSet<Operation *> &skipped,
                     ArrayRef<Value> alsoWanted)
    : functions(functions), wanted(alsoWanted.begin(), alsoWanted.end()) {
  Block &block = main.getBody().front();
  // Forward: what could come as integers.
  llvm::DenseSet<Value> available;
  for (Value argument : block.getArguments())
    if (isStaticF32(argument))
      available.insert(argument);
  llvm::DenseMap<Operation *, QuantRole> possible;
  for (Operation &op : block) {
    QuantRole role = skipped.contains(&op) ? QuantRole::Float : roleOf(op);
    if (role == QuantRole::Float)
      continue;
    // What only moves the network's input follows its quantization, and so do
    // averages, whose sums in f32 depend on their order; other arithmetic on it
    // is in f32.
    bool moves = role == QuantRole::Through || role == QuantRole::Concat ||
                 role == QuantRole::Average;
    if (role != QuantRole::Convolution &&
        !llvm::all_of(integerOperands(&op, role, functions), [&](Value v) {
          return available.contains(v) && (moves || v.getDefiningOp());
        }))
      continue;
    possible[&op] = role;
    available.insert(op.getResult(0));
  }
  // Backward: what is wanted so.
  for (Operation &op : llvm::reverse(block)) {
    auto found = possible.find(&op);
    if (found == possible.end())
      continue;
    Value result = op.getResult(0);
    if (found->second != QuantRole::Convolution && !wanted.contains(result))
      continue;
    roles.insert(*found);
    SmallVector<Value> operands =
        integerOperands(&op, found->second, functions);
    // A result of f32 takes its residual in f32.
    if (found->second == QuantRole::Convolution && !wanted.contains(result))
      operands.resize(1);
    wanted.insert(operands.begin(), operands.end());
  }
}

Value QuantPlan::getLeader(Value value) const {
  while (Value next = leaders.lookup(value))
    value = next;
  return value;
}

void QuantPlan::joinValues(
    func::FuncOp main,
    llvm::function_ref<bool(Value part, Value whole)> hasOwnRange) {
  auto join = [&](Value a, Value b) {
    a = getLeader(a);
    b = getLeader(b);
    if (a != b)
      leaders[b] = a;
  };
  for (Operation &op : main.getBody().front()) {
    QuantRole role = getRole(&op);
    if (role == QuantRole::Through)
      join(op.getOperand(0), op.getResult(0));
    if (role == QuantRole::Concat)
      for (Value part : op.getOperands())
        if (part.hasOneUse() || !hasOwnRange(part, op.getResult(0)))
          join(part, op.getResult(0));
  }
}

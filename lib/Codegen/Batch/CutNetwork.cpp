//===- CutNetwork.cpp - A network as functions, one after another
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Batch/CutNetwork.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

class Cutter {
public:
  Cutter(func::FuncOp main, const Images &images, BatchPlan &plan);

  func::FuncOp cut(ArrayRef<Operation *> layers, BatchStage &stage);

private:
  void cloneConstants(OpBuilder &b, Operation *op, IRMapping &mapping);
  int64_t arrayOf(Value value);

  func::FuncOp main;
  const Images &images;
  BatchPlan &plan;
  /// The array that each value lies in for the whole batch.
  llvm::DenseMap<Value, int64_t> arrays;
};

} // namespace

Cutter::Cutter(func::FuncOp main, const Images &images, BatchPlan &plan)
    : main(main), images(images), plan(plan) {
  for (BlockArgument input : main.getArguments())
    arrays[input] = input.getArgNumber();
  for (auto [i, output] :
       llvm::enumerate(main.front().getTerminator()->getOperands()))
    arrays.try_emplace(output, main.getNumArguments() + i);
}

/// That of a value that is neither input nor output is new.
int64_t Cutter::arrayOf(Value value) {
  auto [known, isNew] = arrays.try_emplace(value, plan.arrays.size());
  if (isNew) {
    auto type = cast<RankedTensorType>(value.getType());
    plan.arrays.push_back(
        {SmallVector<int64_t>(type.getShape()), type.getElementType()});
  }
  return known->second;
}

/// Clones what `op` reads that is the same for all images.
void Cutter::cloneConstants(OpBuilder &b, Operation *op, IRMapping &mapping) {
  for (Value operand : op->getOperands()) {
    Operation *maker = operand.getDefiningOp();
    if (!maker || images.holds(operand) || mapping.contains(operand))
      continue;
    cloneConstants(b, maker, mapping);
    b.clone(*maker, mapping);
  }
}

func::FuncOp Cutter::cut(ArrayRef<Operation *> layers, BatchStage &stage) {
  llvm::SetVector<Value> inputs;
  SmallVector<Value> outputs;
  SmallVector<DictionaryAttr> inputAttributes, outputAttributes;
  auto isInside = [&](Operation *op) {
    return op && llvm::is_contained(layers, op);
  };
  for (Operation *op : layers)
    for (Value operand : op->getOperands())
      if (images.holds(operand) && !isInside(operand.getDefiningOp()) &&
          inputs.insert(operand)) {
        stage.arrays.push_back(arrayOf(operand));
        auto argument = dyn_cast<BlockArgument>(operand);
        inputAttributes.push_back(
            argument ? main.getArgAttrDict(argument.getArgNumber())
                     : DictionaryAttr());
      }
  Operation *end = main.front().getTerminator();
  for (Operation *op : layers) {
    Value result = op->getResult(0);
    bool isOutput = false;
    for (auto [i, output] : llvm::enumerate(end->getOperands()))
      if (output == result) {
        isOutput = true;
        outputs.push_back(result);
        stage.arrays.push_back(main.getNumArguments() + i);
        outputAttributes.push_back(main.getResultAttrDict(i));
      }
    if (!isOutput && !llvm::all_of(result.getUsers(), isInside)) {
      outputs.push_back(result);
      stage.arrays.push_back(arrayOf(result));
      outputAttributes.push_back({});
    }
  }

  OpBuilder b(main);
  auto function = func::FuncOp::create(
      b, main.getLoc(), stage.function,
      b.getFunctionType(ValueRange(inputs.getArrayRef()).getTypes(),
                        ValueRange(outputs).getTypes()));
  for (auto [i, attributes] : llvm::enumerate(inputAttributes))
    function.setArgAttrs(i, attributes);
  for (auto [i, attributes] : llvm::enumerate(outputAttributes))
    function.setResultAttrs(i, attributes);
  Block *body = function.addEntryBlock();
  b.setInsertionPointToStart(body);
  IRMapping mapping;
  mapping.map(inputs.getArrayRef(), body->getArguments());
  for (Operation *op : layers) {
    cloneConstants(b, op, mapping);
    b.clone(*op, mapping);
  }
  for (Value &output : outputs)
    output = mapping.lookup(output);
  func::ReturnOp::create(b, end->getLoc(), outputs);
  return function;
}

SmallVector<func::FuncOp> mlir::lw::cutNetwork(func::FuncOp main,
                                               const Images &images,
                                               ArrayRef<Operation *> layers,
                                               ArrayRef<Stretch> stretches,
                                               BatchPlan &plan) {
  SmallVector<func::FuncOp> functions;
  Cutter cutter(main, images, plan);
  plan.stages.clear();
  for (auto [i, stretch] : llvm::enumerate(stretches)) {
    BatchStage &stage = plan.stages.emplace_back();
    stage.function = (main.getName() + "_" + Twine(i)).str();
    functions.push_back(cutter.cut(
        layers.slice(stretch.begin, stretch.end - stretch.begin), stage));
  }
  main.erase();
  return functions;
}

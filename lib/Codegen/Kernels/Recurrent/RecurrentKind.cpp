//===- RecurrentKind.cpp - Recurrent layers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Recurrent/RecurrentKind.h"
#include "Kernels/KernelCalls.h"
#include "Kernels/Support.h"
#include "lw/Dialect/IR/BFloat16.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/Quantization.h"

using namespace mlir;
using namespace mlir::lw;

static RecurrentSpec specOf(RecurrentOp op, const TargetInfo &target) {
  RecurrentSpec spec;
  spec.kind = op.getKind();
  spec.direction = op.getDirection();
  spec.steps = op.getSteps();
  spec.batch = op.getBatch();
  spec.directions = op.getDirections();
  spec.gates = op.getGates();
  spec.hidden = op.getHidden();
  spec.vector = target.lanes();
  spec.unit = target.dot;
  if (op.getScales()) {
    spec.unit = target.byteDot;
    for (int64_t d = 0; d < spec.directions; ++d)
      spec.zeroPoints.push_back(op.getZeroPoint(d));
    spec.leastWeight = llvm::is_contained(*readIntegers(op.getWeights()), -128);
  }
  spec.hasBias = static_cast<bool>(op.getBias());
  spec.hasHidden = static_cast<bool>(op.getInitialHidden());
  spec.hasCell = static_cast<bool>(op.getInitialCell());
  spec.hasPeepholes = static_cast<bool>(op.getPeepholes());
  spec.inputForget = op.getInputForget();
  spec.linearBeforeReset = op.getLinearBeforeReset();
  spec.withCell = op.getWithCell();
  if (op.getClip())
    spec.clip = op.getClip()->convertToFloat();
  for (int64_t d = 0; d < spec.directions; ++d)
    for (int64_t i = 0; i < activationsOf(spec.kind); ++i)
      spec.activations.push_back(op.getActivation(d, i));
  if (auto plan = planOf<RecurrentAttr>(op)) {
    spec.tileHeight = plan.getTileHeight();
    spec.tileVectors = plan.getTileVectors();
  }
  return spec;
}

/// Where the parts of the scratch buffer lie in it.
struct Scratch {
  int64_t byteState, sums, bytes;
};

static Scratch placeScratch(const RecurrentSpec &spec) {
  auto after = [](int64_t at, int64_t bytes) {
    return static_cast<int64_t>(llvm::alignTo(at + bytes, 64));
  };
  Scratch at;
  at.byteState = after(0, spec.scratchElements() * sizeof(float));
  at.sums = after(at.byteState, spec.scratchBytes());
  at.bytes = after(at.sums, spec.scratchSums() * sizeof(int32_t));
  return at;
}

static ConstantData packedWeights(RecurrentOp op, const RecurrentSpec &spec) {
  if (auto integers = readIntegers(op.getWeights()))
    return ConstantData::get(
        op.getContext(),
        packRecurrentWeights(
            spec, std::vector<int8_t>(integers->begin(), integers->end())));
  if (auto bits = readBFloat16(op.getWeights()))
    return ConstantData::get(op.getContext(),
                             packRecurrentWeights(spec, *bits));
  return ConstantData::get(
      op.getContext(),
      packRecurrentWeights(spec, *readConstant(op.getWeights())));
}

bool RecurrentKernelKind::canCompute(Operation *op) const {
  auto layer = dyn_cast<RecurrentOp>(op);
  if (!layer || !(isConstantFloat(layer.getWeights()) ||
                  isConstantInteger(layer.getWeights())))
    return false;
  // A logarithm would be computed element by element.
  return llvm::none_of(layer.getActivations(), [](Attribute name) {
    return symbolizeRecurrentFunction(cast<StringAttr>(name).getValue()) ==
           RecurrentFunction::Softplus;
  });
}

std::optional<Layout> RecurrentKernelKind::wantedLayout(OpOperand &operand,
                                                        KernelAttrInterface,
                                                        int64_t) const {
  return wantRowMajor(operand);
}

KernelAttrInterface
RecurrentKernelKind::choose(Operation *op, KernelAttrInterface,
                            const Selection &selection) const {
  RecurrentSpec spec = specOf(cast<RecurrentOp>(op), selection.target);
  chooseRecurrentTile(spec, selection.target);
  return RecurrentAttr::get(op->getContext(), spec.tileHeight,
                            spec.tileVectors);
}

LogicalResult RecurrentKernelKind::verify(Operation *op,
                                          const TargetInfo &target) const {
  if (!getLayout(op->getResult(0)).isDense())
    return op->emitError("expects a row-major result");
  RecurrentSpec spec = specOf(cast<RecurrentOp>(op), target);
  int64_t needed = spec.registers(spec.tileHeight, spec.tileVectors);
  if (needed > target.vectorRegisters && spec.tileHeight * spec.tileVectors > 1)
    return op->emitError("tile needs ")
           << needed << " vector registers, " << target.cpu << " has "
           << target.vectorRegisters;
  return success();
}

int64_t RecurrentKernelKind::scratchBytes(Operation *op,
                                          const TargetInfo &target) const {
  RecurrentSpec spec = specOf(cast<RecurrentOp>(op), target);
  return placeScratch(spec).bytes;
}

void RecurrentKernelKind::emit(Operation *op, KernelCalls &calls) const {
  auto layer = cast<RecurrentOp>(op);
  RecurrentSpec spec = specOf(layer, calls.target);
  Location location = op->getLoc();
  SmallVector<Value> arguments = {calls.bufferOf(layer.getProjected())};
  // Where the optional buffers are among the arguments.
  SmallVector<int64_t> places;
  auto add = [&](Value buffer) {
    places.push_back(buffer ? arguments.size() : 0);
    if (buffer)
      arguments.push_back(buffer);
  };
  auto bufferOf = [&](Value value) {
    return value ? calls.bufferOf(value) : Value();
  };
  add(calls.global(packedWeights(layer, spec), location));
  add(bufferOf(layer.getBias()));
  add(bufferOf(layer.getInitialHidden()));
  add(bufferOf(layer.getInitialCell()));
  add(bufferOf(layer.getPeepholes()));
  add(calls.bufferOf(layer.getOutput()));
  Scratch scratch = placeScratch(spec);
  auto inScratch = [&](int64_t at, int64_t elements, Type type) {
    if (elements == 0)
      return Value();
    auto buffer = op->getAttrOfType<BufferAttr>(kScratchAttrName);
    return calls.inArena(buffer.getOffset() + at, elements, type, location);
  };
  add(inScratch(0, spec.scratchElements(), calls.b.getF32Type()));
  add(bufferOf(layer.getScales()));
  add(spec.onBytes()
          ? calls.global(
                ConstantData::get(op->getContext(),
                                  sumRecurrentWeights(
                                      spec, *readIntegers(layer.getWeights()))),
                location)
          : Value());
  add(inScratch(scratch.byteState, spec.scratchBytes(), calls.b.getI8Type()));
  add(inScratch(scratch.sums, spec.scratchSums(), calls.b.getI32Type()));
  calls.call("recurrent",
             calls.key()
                 .add(op->getPropertiesAsAttribute())
                 .add({spec.steps, spec.batch, spec.hidden, spec.leastWeight})
                 .add(planOf(op)),
             arguments, location, [&](KernelBuilder &k, ValueRange args) {
               auto at = [&](size_t i) {
                 return places[i] ? args[places[i]] : Value();
               };
               emitRecurrent(k, spec,
                             {args[0], at(0), at(1), at(2), at(3), at(4), at(5),
                              at(6), at(7), at(8), at(9), at(10)});
             });
}

//===- Evaluate.cpp - What is known at compile time
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Exporters leave to the compiler what depends on the weights and on indices
// alone: deviations of batch norms, turned filters, places to interpolate
// between, numbers of pixels under a window.
//
//===----------------------------------------------------------------------===//

#include "LinalgToTosa.h"
#include "Number.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

/// More points than this cost more to compute than they are worth.
constexpr int64_t kMostPoints = 1 << 22;

struct ConstantTensor {
  SmallVector<int64_t> shape;
  std::vector<Number> elements;
};

std::optional<ConstantTensor> readTensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() || type.getNumElements() > kMostPoints)
    return std::nullopt;
  ConstantTensor tensor;
  tensor.shape.assign(type.getShape().begin(), type.getShape().end());
  if (std::optional<std::vector<double>> reals = readConstantF64(value)) {
    for (double real : *reals)
      tensor.elements.push_back({real, 0});
    return tensor;
  }
  DenseIntElementsAttr integers;
  if (!matchPattern(value, m_Constant(&integers)))
    return std::nullopt;
  for (const APInt &integer : integers.getValues<APInt>())
    tensor.elements.push_back({0, integer.getBitWidth() == 1
                                      ? integer.getZExtValue() != 0
                                      : integer.getSExtValue()});
  return tensor;
}

/// A body at one point of the loops after another.
struct Interpreter {
  ArrayRef<int64_t> point;
  DenseMap<Value, Number> values;
  /// What tensor.extract reads, read once.
  DenseMap<Value, std::optional<ConstantTensor>> &tensors;

  Interpreter(ArrayRef<int64_t> point,
              DenseMap<Value, std::optional<ConstantTensor>> &tensors)
      : point(point), tensors(tensors) {}

  std::optional<Number> get(Value value) {
    if (auto found = values.find(value); found != values.end())
      return found->second;
    Operation *op = value.getDefiningOp();
    if (!op || op->getNumResults() != 1 || op->getNumRegions() != 0 ||
        !value.getType().isIntOrIndexOrFloat())
      return std::nullopt;
    std::optional<Number> result;
    if (auto index = dyn_cast<linalg::IndexOp>(op)) {
      result = Number{0, point[index.getDim()]};
    } else if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
      result = read(extract);
    } else {
      SmallVector<Number> operands;
      for (Value operand : op->getOperands()) {
        std::optional<Number> number = get(operand);
        if (!number)
          return std::nullopt;
        operands.push_back(*number);
      }
      result = evaluate(op, operands);
    }
    if (result)
      values[value] = *result = rounded(*result, value.getType());
    return result;
  }

  std::optional<Number> read(tensor::ExtractOp op) {
    auto [place, isNew] = tensors.try_emplace(op.getTensor());
    if (isNew)
      place->second = readTensor(op.getTensor());
    if (!place->second)
      return std::nullopt;
    const ConstantTensor &tensor = *place->second;
    int64_t at = 0;
    for (auto [operand, extent] : llvm::zip(op.getIndices(), tensor.shape)) {
      std::optional<Number> index = get(operand);
      if (!index || index->whole < 0 || index->whole >= extent)
        return std::nullopt;
      at = at * extent + index->whole;
    }
    return tensor.elements[at];
  }
};

/// Place of an element in a row-major tensor of `shape`.
int64_t placeOf(AffineMap map, ArrayRef<int64_t> point,
                ArrayRef<int64_t> shape) {
  int64_t at = 0;
  for (auto [index, extent] : llvm::zip(map.compose(point), shape))
    at = at * extent + index;
  return at;
}

void advance(MutableArrayRef<int64_t> point, ArrayRef<int64_t> extents) {
  for (int64_t d = extents.size() - 1; d >= 0; --d) {
    if (++point[d] < extents[d])
      return;
    point[d] = 0;
  }
}

/// Indices become integers of 32 bits.
Type storedType(Type type) {
  return type.isIndex() ? IntegerType::get(type.getContext(), 32) : type;
}

} // namespace

/// What a scalar is computed from: loops by linalg.index, arguments of the body
/// and values from outside. False when that is too much to look through.
static bool collectLeaves(Value value, llvm::SmallBitVector &loops,
                          llvm::SetVector<BlockArgument> &arguments) {
  llvm::SetVector<Value> seen;
  seen.insert(value);
  for (unsigned i = 0; i < seen.size(); ++i) {
    if (seen.size() > 256)
      return false;
    if (auto argument = dyn_cast<BlockArgument>(seen[i])) {
      arguments.insert(argument);
      continue;
    }
    Operation *op = seen[i].getDefiningOp();
    if (auto index = dyn_cast<linalg::IndexOp>(op)) {
      if (index.getDim() >= loops.size())
        return false;
      loops.set(index.getDim());
    }
    if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
      if (!matchPattern(extract.getTensor(), m_Constant()))
        return false;
      seen.insert(extract.getIndices().begin(), extract.getIndices().end());
      continue;
    }
    if (isa<ShapedType>(seen[i].getType()))
      return false;
    seen.insert(op->operand_begin(), op->operand_end());
  }
  return true;
}

TypedAttr lw::evaluateScalar(Value value) {
  llvm::SmallBitVector loops;
  llvm::SetVector<BlockArgument> arguments;
  if (!value.getType().isIntOrIndexOrFloat() ||
      !collectLeaves(value, loops, arguments) || !arguments.empty())
    return {};
  DenseMap<Value, std::optional<ConstantTensor>> tensors;
  Interpreter interpreter({}, tensors);
  std::optional<Number> number = interpreter.get(value);
  return number ? toAttribute(*number, storedType(value.getType()))
                : TypedAttr();
}

DenseElementsAttr lw::evaluateOverLoops(linalg::LinalgOp op, Value value) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  llvm::SmallBitVector varies(extents.size());
  llvm::SetVector<BlockArgument> arguments;
  if (!value.getType().isIntOrIndexOrFloat() ||
      !collectLeaves(value, varies, arguments))
    return {};
  SmallVector<std::pair<AffineMap, ConstantTensor>> inputs;
  for (BlockArgument argument : arguments) {
    if (argument.getOwner() != op.getBlock())
      return {};
    OpOperand *operand = op.getMatchingOpOperand(argument);
    AffineMap map = op.getMatchingIndexingMap(operand);
    std::optional<ConstantTensor> input = readTensor(operand->get());
    if (!input)
      return {};
    for (unsigned d = 0; d < extents.size(); ++d)
      if (map.isFunctionOfDim(d))
        varies.set(d);
    inputs.emplace_back(map, std::move(*input));
  }
  int64_t points = 1;
  for (auto [d, extent] : llvm::enumerate(extents)) {
    if (!varies[d])
      extent = 1;
    points *= extent;
  }
  if (points > kMostPoints)
    return {};
  DenseMap<Value, std::optional<ConstantTensor>> tensors;
  std::vector<Number> result;
  SmallVector<int64_t> point(extents.size(), 0);
  for (int64_t i = 0; i < points; ++i, advance(point, extents)) {
    Interpreter interpreter(point, tensors);
    for (auto [argument, input] : llvm::zip(arguments, inputs))
      interpreter.values[argument] =
          input.second
              .elements[placeOf(input.first, point, input.second.shape)];
    std::optional<Number> number = interpreter.get(value);
    if (!number)
      return {};
    result.push_back(*number);
  }
  return toElements(
      result, RankedTensorType::get(extents, storedType(value.getType())));
}

SmallVector<DenseElementsAttr> lw::evaluateGeneric(linalg::GenericOp op) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  if (!op.hasPureTensorSemantics() ||
      op.getNumLoops() != op.getNumParallelLoops() ||
      llvm::any_of(op.getResultTypes(),
                   [](Type type) { return !isStaticTensor(type); }) ||
      llvm::any_of(extents, ShapedType::isDynamic))
    return {};
  int64_t points = 1;
  for (int64_t extent : extents)
    points *= extent;
  if (points > kMostPoints)
    return {};
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<std::optional<ConstantTensor>> inputs;
  for (OpOperand &operand : op->getOpOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(&operand);
    inputs.emplace_back();
    if (argument.use_empty())
      continue;
    std::optional<ConstantTensor> &input = inputs.back();
    input = readTensor(operand.get());
    if (!input)
      return {};
  }
  DenseMap<Value, std::optional<ConstantTensor>> tensors;
  auto yield = cast<linalg::YieldOp>(op.getBody()->getTerminator());
  SmallVector<std::vector<Number>> results(op->getNumResults());
  for (auto [result, type] : llvm::zip(results, op.getResultTypes()))
    result.resize(cast<RankedTensorType>(type).getNumElements());
  SmallVector<int64_t> point(extents.size(), 0);
  for (int64_t i = 0; i < points; ++i, advance(point, extents)) {
    Interpreter interpreter(point, tensors);
    for (auto [index, input] : llvm::enumerate(inputs))
      if (input)
        interpreter.values[op.getBody()->getArgument(index)] =
            input->elements[placeOf(maps[index], point, input->shape)];
    for (auto [index, value] : llvm::enumerate(yield.getValues())) {
      std::optional<Number> number = interpreter.get(value);
      if (!number)
        return {};
      unsigned operand = op.getNumDpsInputs() + index;
      results[index][placeOf(maps[operand], point,
                             tensorTypeOf(op->getResult(index)).getShape())] =
          *number;
    }
  }
  SmallVector<DenseElementsAttr> attributes;
  for (auto [result, type] : llvm::zip(results, op.getResultTypes())) {
    attributes.push_back(toElements(result, cast<RankedTensorType>(type)));
  }
  return attributes;
}

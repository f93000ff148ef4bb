//===- CostModel.cpp - MACs, parameters and bytes of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Analysis/CostModel.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include "lw/Dialect/IR/LwSequenceOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw;

static int64_t saturatingAdd(int64_t a, int64_t b) {
  int64_t sum;
  return llvm::AddOverflow(a, b, sum) ? std::numeric_limits<int64_t>::max()
                                      : sum;
}

static int64_t saturatingProduct(ArrayRef<int64_t> factors) {
  int64_t product = 1;
  for (int64_t factor : factors)
    if (llvm::MulOverflow(product, factor, product))
      return std::numeric_limits<int64_t>::max();
  return product;
}

Cost &Cost::operator+=(const Cost &other) {
  macs = saturatingAdd(macs, other.macs);
  parameters = saturatingAdd(parameters, other.parameters);
  weightBytes = saturatingAdd(weightBytes, other.weightBytes);
  activationBytes = saturatingAdd(activationBytes, other.activationBytes);
  return *this;
}

std::string lw::layerName(Location location) {
  if (auto name = dyn_cast<NameLoc>(location))
    return name.getName().str();
  if (auto fused = dyn_cast<FusedLoc>(location)) {
    for (Location part : fused.getLocations())
      if (std::string name = layerName(part); !name.empty())
        return name;
  }
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return layerName(call.getCallee());
  return "";
}

std::vector<std::string> lw::joinCutNames(ArrayRef<std::string> list,
                                          ArrayRef<std::string> known) {
  std::vector<std::string> names;
  while (!list.empty()) {
    size_t count = list.size();
    while (count > 1 &&
           !llvm::is_contained(known, llvm::join(list.take_front(count), ",")))
      --count;
    names.push_back(llvm::join(list.take_front(count), ","));
    list = list.drop_front(count);
  }
  return names;
}

std::string lw::listNearest(StringRef name, ArrayRef<std::string> known,
                            StringRef kind) {
  constexpr size_t kFew = 8, kNearest = 5;
  if (known.size() <= kFew)
    return ("the layers " + kind + " are " + llvm::join(known, ", ")).str();
  // Of equal ones the first.
  std::vector<std::pair<unsigned, size_t>> byDistance;
  for (auto [i, other] : llvm::enumerate(known))
    byDistance.emplace_back(name.edit_distance_insensitive(other), i);
  llvm::sort(byDistance);
  std::vector<std::string> nearest;
  for (auto [distance, i] : ArrayRef(byDistance).take_front(kNearest))
    nearest.push_back(known[i]);
  return ("the nearest of the " + Twine(known.size()) + " layers " + kind +
          " are " + llvm::join(nearest, ", "))
      .str();
}

static int64_t byteSize(Type type) {
  auto shaped = cast<ShapedType>(type);
  int64_t bytes = (shaped.getElementTypeBitWidth() + 7) / 8;
  return saturatingProduct({shaped.getNumElements(), bytes});
}

static bool isConstant(Value value) {
  return matchPattern(value, m_Constant());
}

/// Constants with one value are settings (the shift of a multiplication, a zero
/// point, the slope of an activation), no trained values.
static bool isParameter(Value value) {
  auto type = dyn_cast<ShapedType>(value.getType());
  return type && type.hasStaticShape() &&
         isa<FloatType>(type.getElementType()) && type.getNumElements() > 1 &&
         isConstant(value);
}

/// Operands that are weights whether constant or not: a convolution's filters
/// and bias, and the parameters of a batch norm.
static SmallVector<Value> weightsOf(Operation *op) {
  if (auto conv = dyn_cast<ConvolutionOpInterface>(op)) {
    SmallVector<Value> weights = conv.getConvFilters();
    if (conv.getConvBias())
      weights.push_back(conv.getConvBias());
    return weights;
  }
  if (auto norm = dyn_cast<BatchNormOp>(op))
    return {norm.getScale(), norm.getOffset(), norm.getMean(),
            norm.getVariance()};
  // Zeros where no pixel reaches.
  if (isa<InterleaveOp>(op))
    return {};
  return llvm::filter_to_vector(op->getOperands(), isParameter);
}

static int64_t countParameters(Operation *op, ArrayRef<Value> weights) {
  int64_t count = 0;
  for (auto [i, weight] : llvm::enumerate(weights))
    if (!isa<BatchNormOp>(op) || i < 2)
      count += cast<ShapedType>(weight.getType()).getNumElements();
  return count;
}

static int64_t countMacs(Operation *op) {
  if (auto conv = dyn_cast<ConvolutionOpInterface>(op))
    return conv.getMacs();
  if (auto matmul = dyn_cast<tosa::MatMulOp>(op)) {
    ArrayRef<int64_t> a = cast<ShapedType>(matmul.getA().getType()).getShape();
    ArrayRef<int64_t> b = cast<ShapedType>(matmul.getB().getType()).getShape();
    return saturatingProduct({a[0], a[1], a[2], b[2]});
  }
  if (auto conv = dyn_cast<tosa::TransposeConv2DOp>(op)) {
    // Every pixel of the input meets every weight.
    ArrayRef<int64_t> x =
        cast<ShapedType>(conv.getInput().getType()).getShape();
    ArrayRef<int64_t> w =
        cast<ShapedType>(conv.getWeight().getType()).getShape();
    return saturatingProduct({x[0], x[1], x[2], w[0], w[1], w[2], w[3]});
  }
  if (auto layer = dyn_cast<RecurrentOp>(op))
    return layer.getMacs();
  return 0;
}

static std::string describeKernel(Operation *op) {
  auto conv = dyn_cast<ConvolutionOpInterface>(op);
  if (!conv)
    return "";
  ConvGeometry g = conv.getConvGeometry();
  std::string text =
      std::to_string(g.kernelHeight) + "x" + std::to_string(g.kernelWidth);
  if (g.multiplier != 1)
    text += " x" + std::to_string(g.multiplier);
  else if (g.groups != 1 && isa<Conv2DOp>(op))
    text += " /" + std::to_string(g.groups);
  return text;
}

static bool hasStaticShapes(Operation *op) {
  auto isStatic = [](Type type) {
    auto shaped = dyn_cast<ShapedType>(type);
    return !shaped || shaped.hasStaticShape();
  };
  return llvm::all_of(op->getOperandTypes(), isStatic) &&
         llvm::all_of(op->getResultTypes(), isStatic);
}

/// The cost of `op`, all zero when it is no layer.
static LayerCost computeLayer(Operation *op) {
  LayerCost layer;
  layer.operation = op->getName().getStringRef().str();
  layer.kernel = describeKernel(op);
  layer.cost.macs = countMacs(op);
  SmallVector<Value> weights = weightsOf(op);
  layer.cost.parameters = countParameters(op, weights);
  for (Value weight : weights)
    layer.cost.weightBytes =
        saturatingAdd(layer.cost.weightBytes, byteSize(weight.getType()));
  for (Value operand : op->getOperands())
    if (isa<ShapedType>(operand.getType()) && !isConstant(operand) &&
        !llvm::is_contained(weights, operand))
      layer.cost.activationBytes = saturatingAdd(layer.cost.activationBytes,
                                                 byteSize(operand.getType()));
  for (Type type : op->getResultTypes())
    layer.cost.activationBytes =
        saturatingAdd(layer.cost.activationBytes, byteSize(type));
  ArrayRef<int64_t> shape =
      cast<ShapedType>(op->getResult(0).getType()).getShape();
  layer.outputShape.assign(shape.begin(), shape.end());
  return layer;
}

FailureOr<NetworkCost> lw::computeCost(Operation *root) {
  NetworkCost network;
  if (auto name = root->getAttrOfType<StringAttr>("sym_name"))
    network.name = name.str();
  llvm::StringMap<int> unnamed;
  WalkResult result = root->walk([&](Operation *op) {
    if (isa<tosa::Conv2DOp, tosa::DepthwiseConv2DOp, tosa::Conv3DOp>(op))
      op->emitWarning("is not counted: the cost model counts convolutions of "
                      "the lw dialect; run --convert-tosa-to-lw before it");
    if (!isa<LwDialect, tosa::TosaDialect>(op->getDialect()) ||
        op->getNumResults() == 0 || op->getNumOperands() == 0 ||
        !isa<ShapedType>(op->getResult(0).getType()))
      return WalkResult::advance();
    if (!hasStaticShapes(op)) {
      op->emitError("has a shape that is not static, ")
          << op->getResult(0).getType()
          << ": its cost is unknown; fix the batch and other symbolic extents "
             "at import";
      return WalkResult::interrupt();
    }
    LayerCost layer = computeLayer(op);
    if (layer.cost.macs == 0 && layer.cost.parameters == 0)
      return WalkResult::advance();
    layer.name = layerName(op->getLoc());
    if (layer.name.empty())
      layer.name =
          layer.operation + "#" + std::to_string(unnamed[layer.operation]++);
    network.total += layer.cost;
    network.layers.push_back(std::move(layer));
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  return network;
}

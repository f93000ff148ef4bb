//===- NetworkStatistics.cpp - What flows through a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Statistics/NetworkStatistics.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Statistics/Fingerprint.h"
#include "lw/Support/Table.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

std::vector<Value> lw::listTensors(func::FuncOp main) {
  Block &block = main.getBody().front();
  std::vector<Value> result(block.args_begin(), block.args_end());
  for (Operation &op : block)
    if (!op.hasTrait<OpTrait::ConstantLike>() && !isa<tosa::ConstShapeOp>(op))
      result.insert(result.end(), op.result_begin(), op.result_end());
  llvm::erase_if(result, [](Value value) {
    return !getElementTypeOrSelf(value.getType()).isF32();
  });
  return result;
}

/// Whether `op` brings NCHW `outside` to NHWC `inside` or back. Where that
/// moves no element it is a reshape.
static bool changesLayout(Operation *op, Value outside, Value inside) {
  if (auto transpose = dyn_cast_or_null<tosa::TransposeOp>(op))
    return true;
  if (!isa_and_nonnull<tosa::ReshapeOp>(op))
    return false;
  ArrayRef<int64_t> nchw = cast<RankedTensorType>(outside.getType()).getShape();
  ArrayRef<int64_t> nhwc = cast<RankedTensorType>(inside.getType()).getShape();
  return nchw.size() == 4 && nhwc.size() == 4 &&
         nhwc == ArrayRef<int64_t>{nchw[0], nchw[2], nchw[3], nchw[1]};
}

/// The dimension that counts channels: the last, NHWC, unless the tensor is in
/// the layout of the outside.
static int64_t channelAxisOf(Value value) {
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  Operation *maker = value.getDefiningOp();
  if (isa<BlockArgument>(value)) {
    for (Operation *user : value.getUsers())
      if (changesLayout(user, value, user->getResult(0))) {
        auto transpose = dyn_cast<tosa::TransposeOp>(user);
        return transpose ? transpose.getPerms().back() : 1;
      }
  } else if (llvm::any_of(value.getUsers(),
                          [](Operation *user) {
                            return user->hasTrait<OpTrait::IsTerminator>();
                          }) &&
             changesLayout(maker, value, maker->getOperand(0))) {
    auto transpose = dyn_cast<tosa::TransposeOp>(maker);
    return transpose ? llvm::find(transpose.getPerms(), rank - 1) -
                           transpose.getPerms().begin()
                     : 1;
  }
  return rank - 1;
}

/// The name of a tensor as the network gives it, not always unique.
static std::string plainName(Value value, func::FuncOp main) {
  std::string name;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (auto given = main.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                       kNameAttr))
      name = given.str();
    return name.empty() ? "input" : name;
  }
  Operation *op = value.getDefiningOp();
  name = layerName(op->getLoc());
  return name.empty() ? op->getName().getStringRef().str() : name;
}

/// Tells equal names apart: the last keeps its name, since what a layer of the
/// network becomes ends with its result; the others get `#1`, `#2`, ...
static std::vector<std::string> uniqueNames(std::vector<std::string> names) {
  llvm::StringMap<int> all, seen;
  for (const std::string &name : names)
    ++all[name];
  for (std::string &name : names)
    if (int use = ++seen[name]; use < all[name])
      name += "#" + std::to_string(use);
  return names;
}

NetworkStatistics NetworkStatistics::create(func::FuncOp main,
                                            int64_t maxMoments) {
  NetworkStatistics result;
  result.fingerprint = computeFingerprint(main);
  result.maxMoments = maxMoments;
  std::vector<Value> values = listTensors(main);
  std::vector<std::string> names, layerNames;
  for (Value value : values)
    names.push_back(plainName(value, main));
  llvm::DenseMap<Value, size_t> numbers;
  int64_t macs = 0;
  for (auto [i, value, name] : llvm::enumerate(values, uniqueNames(names))) {
    Operation *op = value.getDefiningOp();
    auto type = cast<RankedTensorType>(value.getType());
    numbers[value] = i;
    result.tensors.emplace_back(
        name, op ? op->getName().getStringRef().str() : "input",
        type.getShape().vec(), channelAxisOf(value));
    if (auto conv = dyn_cast_or_null<ConvolutionOpInterface>(op);
        conv && !isConstantFloat(conv.getConvInput())) {
      LayerStatistics &layer = result.layers.emplace_back();
      layerNames.push_back(names[i]);
      layer.input = numbers.lookup(conv.getConvInput());
      layer.output = i;
      macs += conv.getMacs();
    }
  }
  for (auto [layer, name] :
       llvm::zip_equal(result.layers, uniqueNames(layerNames)))
    layer.name = name;
  result.network = llvm::formatv("{0} convolutions, {1} MACs, inputs ",
                                 result.layers.size(), groupDigits(macs));
  llvm::raw_string_ostream stream(result.network);
  llvm::interleaveComma(main.getArgumentTypes(), stream, [&](Type type) {
    stream << joinExtents(cast<RankedTensorType>(type).getShape());
  });
  return result;
}

/// Moves the moments of `other` into `layer`.
static void mergeMoments(LayerStatistics &layer, const LayerStatistics &other) {
  if (other.vectors == 0)
    return;
  if (layer.vectors == 0) {
    layer = other;
    return;
  }
  size_t n = layer.mean.size();
  double all = static_cast<double>(layer.vectors + other.vectors);
  double share = static_cast<double>(other.vectors) / all;
  std::vector<double> difference(n);
  for (size_t i = 0; i < n; ++i)
    difference[i] = other.mean[i] - layer.mean[i];
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j) {
      float &entry = layer.covariance[i * n + j];
      entry = static_cast<float>(
          (1 - share) * entry + share * other.covariance[i * n + j] +
          share * (1 - share) * difference[i] * difference[j]);
    }
  for (size_t i = 0; i < n; ++i)
    layer.mean[i] += share * difference[i];
  layer.vectors += other.vectors;
}

llvm::Error NetworkStatistics::merge(const NetworkStatistics &other) {
  if (fingerprint != other.fingerprint)
    return createStringError("statistics of two networks: %s (%s) and %s (%s)",
                             fingerprint.c_str(), network.c_str(),
                             other.fingerprint.c_str(), other.network.c_str());
  if (maxMoments != other.maxMoments)
    return createStringError(
        "statistics with second moments of at most %lld values and of at most "
        "%lld: gather them with the same limit",
        static_cast<long long>(maxMoments),
        static_cast<long long>(other.maxMoments));
  samples += other.samples;
  for (auto [tensor, more] : llvm::zip_equal(tensors, other.tensors))
    tensor.merge(more);
  for (auto [layer, more] : llvm::zip_equal(layers, other.layers))
    mergeMoments(layer, more);
  return llvm::Error::success();
}

void NetworkStatistics::print(llvm::raw_ostream &os) const {
  Table table({{"tensor", Table::Left},
               {"operation", Table::Left},
               {"shape", Table::Left},
               {"minimum", Table::Right},
               {"0.1 %", Table::Right},
               {"99.9 %", Table::Right},
               {"maximum", Table::Right},
               {"mean", Table::Right},
               {"deviation", Table::Right},
               {"moments of the input", Table::Left}});
  std::vector<const LayerStatistics *> layerOf(tensors.size(), nullptr);
  for (const LayerStatistics &layer : layers)
    layerOf[layer.output] = &layer;
  auto number = [](double value) {
    return llvm::formatv("{0:f4}", value).str();
  };
  for (auto [tensor, layer] : llvm::zip_equal(tensors, layerOf)) {
    std::string moments;
    if (layer && layer->kind == MomentKind::None)
      moments = layer->note;
    else if (layer)
      moments = llvm::formatv("{0} {1} of {2}", layer->vectors,
                              layer->kind == MomentKind::Patches ? "patches"
                                                                 : "pixels",
                              layer->mean.size());
    table.add({tensor.name, tensor.operation, joinExtents(tensor.shape),
               number(tensor.histogram.getMinimum()),
               number(tensor.histogram.quantile(0.001)),
               number(tensor.histogram.quantile(0.999)),
               number(tensor.histogram.getMaximum()),
               number(tensor.totalMean()),
               number(std::sqrt(tensor.totalVariance())), std::move(moments)});
  }
  os << "statistics of " << samples << " samples\n";
  table.print(os);
}

//===- IntegerUse.cpp - What of a quantized network is integer
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Analysis/IntegerUse.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/Quantization.h"
#include "lw/Support/Table.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::lw;

static bool isQuantized(Value value) {
  return value.getDefiningOp<DequantizeOp>() != nullptr;
}

/// Why an operation computes on floats, beside integers.
static std::string explain(Operation *op) {
  if (auto conv = dyn_cast<ConvolutionOpInterface>(op))
    return isQuantized(conv.getConvInput())
               ? "its weights are no integers of 8 bits with a scale for each "
                 "channel, or its bias exceeds 32 bits"
               : "its input is not quantized";
  if (isa<tosa::MatMulOp>(op))
    return "a product of two activations has no integer form";
  bool some = llvm::any_of(op->getOperands(), isQuantized);
  if (!some)
    return "its input is not quantized";
  if (!op->hasTrait<OpTrait::Elementwise>() && !isa<tosa::MulOp>(op))
    return "it has no integer form";
  bool quantizes =
      llvm::all_of(op->getResult(0).getUsers(),
                   [](Operation *user) { return isa<QuantizeOp>(user); });
  return quantizes ? "one of its operands is not quantized"
                   : "its result is not quantized";
}

IntegerUse lw::findIntegerUse(Operation *root) {
  IntegerUse use;
  root->walk([&](Operation *op) {
    if (op->getNumResults() == 0 || op->getNumOperands() == 0 ||
        !isa<RankedTensorType>(op->getResult(0).getType()))
      return;
    bool from = getElementTypeOrSelf(op->getOperand(0)).isInteger();
    bool to = getElementTypeOrSelf(op->getResult(0)).isInteger();
    if (from && (to || isa<ConvolutionOpInterface>(op)))
      ++use.integers;
    else if (from || to)
      ++use.conversions;
    else if (!isa<tosa::ReshapeOp, tosa::TransposeOp>(op))
      use.floats.push_back({layerName(op->getLoc()),
                            op->getName().getStringRef().str(), explain(op)});
  });
  return use;
}

void lw::printIntegerUse(llvm::raw_ostream &os, const IntegerUse &use) {
  os << use.integers << " operations on integers, " << use.floats.size()
     << " on floats, " << use.conversions << " conversions\n";
  if (use.floats.empty())
    return;
  Table table({{"layer", Table::Left},
               {"operation", Table::Left},
               {"on floats because", Table::Left}});
  for (const FloatOperation &op : use.floats)
    table.add({op.name, op.operation, op.reason});
  table.print(os);
}

llvm::json::Object lw::toJson(const IntegerUse &use) {
  llvm::json::Array floats;
  for (const FloatOperation &op : use.floats)
    floats.push_back(llvm::json::Object{{"name", llvm::json::fixUTF8(op.name)},
                                        {"operation", op.operation},
                                        {"reason", op.reason}});
  return llvm::json::Object{{"integer", use.integers},
                            {"conversions", use.conversions},
                            {"float", std::move(floats)}};
}

//===- LayerMarks.cpp - Calls that tell when a layer ends
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Emission/LayerMarks.h"
#include "Kernels/KernelKind.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Codegen/Layout.h"
#include "lw/Codegen/Profile.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/LwSequenceOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::lw;

void LayerMarks::add(OpBuilder &b, Operation *op) {
  Location location = op->getLoc();
  if (layers.empty()) {
    OpBuilder atModule = OpBuilder::atBlockBegin(module.getBody());
    func::FuncOp::create(atModule, module.getLoc(), kProfileMark,
                         b.getFunctionType({b.getI32Type()}, {}))
        .setPrivate();
  }
  Value index =
      arith::ConstantIntOp::create(b, location, layers.size(), /*width=*/32);
  func::CallOp::create(b, location, kProfileMark, TypeRange(),
                       ValueRange{index});

  std::string label;
  int64_t macs = 0;
  for (Operation *part = op; part;) {
    if (auto conv = dyn_cast<ConvolutionOpInterface>(part))
      macs += conv.getMacs();
    if (auto layer = dyn_cast<RecurrentOp>(part))
      macs += layer.getMacs();
    if (std::string name = layerName(part->getLoc()); !name.empty())
      label.insert(0, label.empty() ? name : name.append(" + "));
    Operation *before = part->getNumOperands() == 0
                            ? nullptr
                            : part->getOperand(0).getDefiningOp();
    part = before && isStrip(before) ? before : nullptr;
  }
  llvm::raw_string_ostream os(label);
  os << (label.empty() ? "" : ": ") << op->getName() << " "
     << op->getResult(0).getType() << " (" << kindOf(op).getName() << ")";
  layers.push_back(
      b.getDictionaryAttr({b.getNamedAttr("label", b.getStringAttr(label)),
                           b.getNamedAttr("macs", b.getI64IntegerAttr(macs))}));
}

void LayerMarks::describe() {
  module->setAttr(kProfileLayersAttrName,
                  ArrayAttr::get(module.getContext(), layers));
}

//===- LayerMarks.cpp - Calls that tell when a layer ends
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Emission/LayerMarks.h"
#include "Kernels/KernelKind.h"
#include "Memory/Liveness.h"
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
  SmallVector<Attribute> names;
  int64_t macs = 0;
  for (Operation *part = op; part;) {
    if (auto conv = dyn_cast<ConvolutionOpInterface>(part))
      macs += conv.getMacs();
    if (auto layer = dyn_cast<RecurrentOp>(part))
      macs += layer.getMacs();
    if (std::string name = layerName(part->getLoc()); !name.empty()) {
      names.insert(names.begin(), b.getStringAttr(name));
      label.insert(0, label.empty() ? name : name.append(" + "));
    }
    Operation *before = part->getNumOperands() == 0
                            ? nullptr
                            : part->getOperand(0).getDefiningOp();
    part = before && isStrip(before) ? before : nullptr;
  }
  llvm::raw_string_ostream os(label);
  os << (label.empty() ? "" : ": ") << op->getName() << " "
     << op->getResult(0).getType() << " (" << kindOf(op).getName() << ")";
  layers.push_back(b.getDictionaryAttr(
      {b.getNamedAttr("label", b.getStringAttr(label)),
       b.getNamedAttr("names", b.getArrayAttr(names)),
       b.getNamedAttr("operation",
                      b.getStringAttr(op->getName().getStringRef())),
       b.getNamedAttr("kernel", b.getStringAttr(kindOf(op).getName())),
       b.getNamedAttr("macs", b.getI64IntegerAttr(macs))}));
}

/// The places of results and working memory, and when they are in use. What
/// lies in another result's memory is listed by itself.
/// Times count from `start` on.
static void describeMemory(func::FuncOp main, int64_t start,
                           SmallVectorImpl<Attribute> &places) {
  Builder b(main.getContext());
  Liveness liveness(main);
  for (Operation &op : main.front().without_terminator())
    for (StringRef key : {kBufferAttrName, kScratchAttrName}) {
      auto place = op.getAttrOfType<BufferAttr>(key);
      if (!place)
        continue;
      bool scratch = key == kScratchAttrName;
      int64_t first = start + liveness.positionOf(&op);
      auto name = b.getStringAttr(layerName(op.getLoc()));
      places.push_back(b.getDictionaryAttr(
          {b.getNamedAttr("name", name),
           b.getNamedAttr("operation",
                          b.getStringAttr(op.getName().getStringRef())),
           b.getNamedAttr("scratch", b.getBoolAttr(scratch)),
           b.getNamedAttr("offset", b.getI64IntegerAttr(place.getOffset())),
           b.getNamedAttr("bytes", b.getI64IntegerAttr(place.getBytes())),
           b.getNamedAttr("first", b.getI64IntegerAttr(first)),
           b.getNamedAttr(
               "last", b.getI64IntegerAttr(
                           scratch ? first : start + liveness.lastUse(&op)))}));
    }
}

void LayerMarks::describe(ArrayRef<func::FuncOp> functions) {
  SmallVector<Attribute> places;
  int64_t start = 0;
  for (func::FuncOp main : functions) {
    describeMemory(main, start, places);
    start += std::distance(main.front().begin(), main.front().end());
  }
  module->setAttr(kMemoryPlanAttrName,
                  ArrayAttr::get(module.getContext(), places));
  module->setAttr(kProfileLayersAttrName,
                  ArrayAttr::get(module.getContext(), layers));
}

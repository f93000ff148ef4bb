//===- Layout.cpp - How a value lies in memory
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Codegen/Layout.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace mlir::lw;

Layout Layout::get(RankedTensorType type, int64_t block,
                   ArrayRef<int64_t> halo) {
  Layout layout = dense(type);
  layout.block = block;
  if (halo.size() == 4)
    std::copy(halo.begin(), halo.end(), layout.halo.begin());
  return layout;
}

Layout Layout::dense(RankedTensorType type) {
  Layout layout;
  layout.type = type.getElementType();
  if (type.getRank() == 4) {
    layout.n = type.getDimSize(0);
    layout.h = type.getDimSize(1);
    layout.w = type.getDimSize(2);
    layout.c = type.getDimSize(3);
  } else {
    layout.c = type.getNumElements();
  }
  layout.block = layout.c;
  return layout;
}

bool Layout::samePlacement(const Layout &other) const {
  if (n == other.n && h == other.h && w == other.w && c == other.c &&
      block == other.block && halo == other.halo && type == other.type)
    return true;
  // Blocks of an image of one pixel follow each other as its channels do.
  auto isRowMajor = [](const Layout &l) {
    return !l.hasHalo() &&
           (l.block == l.c || (l.h * l.w == 1 && l.c % l.block == 0));
  };
  return isRowMajor(*this) && isRowMajor(other) &&
         elements() == other.elements() && type == other.type;
}

LayoutAttr Layout::toAttr(MLIRContext *context) const {
  return LayoutAttr::get(context, block, halo);
}

Layout mlir::lw::getLayout(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  Operation *producer = value.getDefiningOp();
  auto attr =
      producer ? producer->getAttrOfType<LayoutAttr>(kLayoutAttrName) : nullptr;
  if (!attr || type.getRank() != 4)
    return Layout::dense(type);
  return Layout::get(type, attr.getBlock(), attr.getHalo());
}

bool mlir::lw::isStrip(Operation *op) {
  return op && op->hasAttr(kStripAttrName);
}

Layout mlir::lw::getStorage(Operation *op) {
  Layout layout = getLayout(op->getResult(0));
  if (isStrip(op)) {
    layout.h = op->getAttrOfType<IntegerAttr>(kStripAttrName).getInt();
    layout.halo[0] = layout.halo[1] = 0;
    layout.n = getThreads(op);
  }
  return layout;
}

int64_t mlir::lw::getThreads(Operation *op, double work) {
  auto main = op->getParentOfType<FunctionOpInterface>();
  auto threads = main ? main->getAttrOfType<DenseI64ArrayAttr>(kThreadsAttrName)
                      : DenseI64ArrayAttr();
  return threads && work >= threads[1] ? threads[0] : 1;
}

//===- Layout.cpp - How a value lies in memory
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Codegen/Layout.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"

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
  // Without halo and padding of the last block, extents of one do not matter.
  auto strides = [](const Layout &l) {
    SmallVector<std::pair<int64_t, int64_t>> dims; // extent, stride
    auto add = [&](int64_t extent, int64_t stride) {
      if (extent == 1)
        return;
      if (!dims.empty() && dims.back().second == extent * stride) {
        dims.back() = {dims.back().first * extent, stride};
        return;
      }
      dims.push_back({extent, stride});
    };
    add(l.n, l.imageStride());
    add(l.blocks(), l.blockStride());
    add(l.h, l.rowStride());
    add(l.w, l.block);
    add(std::min(l.block, l.c), 1);
    return dims;
  };
  bool padded = c % block || other.c % other.block;
  if (padded || hasHalo() || other.hasHalo())
    return n == other.n && h == other.h && w == other.w && c == other.c &&
           block == other.block && halo == other.halo;
  return strides(*this) == strides(other);
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

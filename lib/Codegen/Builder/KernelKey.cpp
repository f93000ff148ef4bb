//===- KernelKey.cpp - What two layers must share to share a kernel
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Builder/KernelKey.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::lw;

KernelKey &KernelKey::add(Attribute attr) {
  parts.push_back(attr ? attr : UnitAttr::get(context));
  return *this;
}

KernelKey &KernelKey::add(std::initializer_list<int64_t> values) {
  return add(DenseI64ArrayAttr::get(
      context, ArrayRef<int64_t>(values.begin(), values.size())));
}

KernelKey &KernelKey::add(float value) {
  return add(Builder(context).getF32FloatAttr(value));
}

KernelKey &KernelKey::add(const Layout &l) {
  if (l.type)
    add(TypeAttr::get(l.type));
  return add({l.n, l.h, l.w, l.c, l.block, l.halo[0], l.halo[1], l.halo[2],
              l.halo[3]});
}

KernelKey &KernelKey::add(const ConvGeometry &g) {
  return add({g.batch, g.inHeight, g.inWidth, g.inChannels, g.outHeight,
              g.outWidth, g.outChannels, g.kernelHeight, g.kernelWidth,
              g.strides[0], g.strides[1], g.padding[0], g.padding[1],
              g.padding[2], g.padding[3], g.dilations[0], g.dilations[1],
              g.groups, g.multiplier});
}

//===- KernelKey.h - What two layers must share to share a kernel
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_BUILDER_KERNELKEY_H
#define LW_LIB_CODEGEN_BUILDER_KERNELKEY_H

#include "lw/Codegen/Layout.h"
#include "lw/Dialect/IR/ConvGeometry.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace mlir::lw {

/// Collects everything that decides the code of a kernel in one attribute,
/// which is compared whole. Numbers keep their bits: text would round them.
class KernelKey {
public:
  explicit KernelKey(MLIRContext *context) : context(context) {}

  KernelKey &add(Attribute attr);
  KernelKey &add(std::initializer_list<int64_t> values);
  KernelKey &add(float value);
  KernelKey &add(const Layout &layout);
  KernelKey &add(const ConvGeometry &geometry);

  Attribute get() const { return ArrayAttr::get(context, parts); }

private:
  MLIRContext *context;
  SmallVector<Attribute> parts;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_BUILDER_KERNELKEY_H

//===- ReleaseConstants.cpp - Constants that nobody reads
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/ReleaseConstants.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

void lw::releaseConstants(MLIRContext &context, ArrayRef<ModuleOp> modules) {
  llvm::StringSet<> used;
  for (ModuleOp module : modules)
    module.walk([&](Operation *op) {
      op->getAttrDictionary().walk([&](DenseResourceElementsAttr elements) {
        used.insert(elements.getRawHandle().getKey());
      });
    });
  DialectResourceBlobManager &manager =
      DenseResourceElementsHandle::getManagerInterface(&context)
          .getBlobManager();
  SmallVector<StringRef> unused;
  manager.getBlobMap([&](const auto &entries) {
    for (StringRef name : entries.keys())
      if (!used.contains(name))
        unused.push_back(name);
  });
  for (StringRef name : unused)
    manager.update(name, AsmResourceBlob());
}

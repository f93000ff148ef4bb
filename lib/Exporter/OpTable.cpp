//===- OpTable.cpp - Operations that are exported
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "lw/Exporter/Onnx.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::lw::exporter;

static const SmallVector<const OpEntry *> &allOps() {
  static const SmallVector<const OpEntry *> all = [] {
    SmallVector<const OpEntry *> result;
    for (ArrayRef<OpEntry> part :
         {convolutionOps(), elementwiseOps(), poolingOps(), quantizedOps(),
          reductionOps(), shapeOps()})
      for (const OpEntry &entry : part)
        result.push_back(&entry);
    llvm::sort(result, [](const OpEntry *a, const OpEntry *b) {
      return a->operation < b->operation;
    });
    return result;
  }();
  return all;
}

const OpEntry *mlir::lw::exporter::findOp(StringRef operation) {
  const auto &all = allOps();
  const auto *entry = llvm::lower_bound(
      all, operation, [](const OpEntry *entry, StringRef operation) {
        return entry->operation < operation;
      });
  return entry != all.end() && (*entry)->operation == operation ? *entry
                                                                : nullptr;
}

InFlightDiagnostic mlir::lw::exporter::refuse(Operation *op, const Twine &why) {
  return op->emitOpError("cannot be exported to ONNX: ") << why;
}

void mlir::lw::printOnnxExports(llvm::raw_ostream &os) {
  os << "| operation | becomes, limits |\n|---|---|\n";
  for (const OpEntry *entry : allOps())
    os << "| `" << entry->operation << "` | " << entry->becomes << " |\n";
}

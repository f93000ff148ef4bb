//===- OpTable.cpp - The table of supported operators
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "lw/Importer/Onnx.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

/// Every row, by name and then by version.
struct OpTable {
  std::map<std::pair<StringRef, int64_t>, const OpEntry *> rows;

  OpTable() {
    for (ArrayRef<OpEntry> family :
         {activationOps(), convolutionOps(), constantOps(), elementwiseOps(),
          gatherOps(), matrixOps(), poolingOps(), reductionOps(), resizeOps(),
          shapeOps(), sliceOps()})
      for (const OpEntry &entry : family)
        rows[{entry.name, entry.since}] = &entry;
  }
};

} // namespace

static const OpTable &table() {
  static const OpTable instance;
  return instance;
}

const OpEntry *mlir::lw::importer::findOp(StringRef name, int64_t opset) {
  auto next = table().rows.upper_bound({name, opset});
  if (next == table().rows.begin())
    return nullptr;
  const OpEntry *entry = std::prev(next)->second;
  return entry->name == name ? entry : nullptr;
}

void mlir::lw::printOnnxOperators(llvm::raw_ostream &os) {
  os << "# Supported ONNX operators\n\n"
     << "Written by `lw-translate --print-onnx-ops` from the importer's table; "
        "do not edit.\n\n"
     << "Opsets " << kOldestOpset << " to " << kNewestOpset
     << " of the default domain are read. Activations are float; integer and "
        "bool tensors\nmust be known at import, where they are folded. A row "
        "holds from its opset on, until the next row of the\nsame operator.\n\n"
     << "| operator | since opset | becomes, limits |\n"
     << "|---|---|---|\n";
  for (const auto &[key, entry] : table().rows)
    os << "| " << entry->name << " | " << entry->since << " | " << entry->note
       << " |\n";
}

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
         {convolutionOps(), elementwiseOps(), indexOps(), logicOps(),
          poolingOps(), quantizedOps(), recurrentOps(), reductionOps(),
          rowOps(), shapeOps()})
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
  os << R"(
## Export

`lw-translate --export-onnx net.mlirbc -o net.onnx` and `lwc net.onnx -o light.onnx` write a
network at the graph level, optimized or not, for other engines: opset 17, IR version 8.

- Inputs, outputs and layers keep their names, inputs and outputs their shapes. Operators that belong
  to a layer are called after it: `conv1`, `conv1_Relu`.
- Images are `N x C x H x W`. A Transpose or Reshape is written only where an operator needs it.
- Quantized operations are float operators between DequantizeLinear and QuantizeLinear: weights are
  int8 with a scale per output channel, a bias int32 with the products of the scales. Activations are
  uint8 or int8 as the network has them. A residual is added before the result is quantized, once,
  as in lw. Engines round otherwise than lw where a sum lies almost between two integers.
- Tables become Gather, a result of i32 ConvInteger.
- What has no form in ONNX is an error that names the operation, and no file is written: shapes that are
  not static, types that ONNX does not have, files of 2 GiB and more.

)"
     << "| operation | becomes, limits |\n|---|---|\n";
  for (const OpEntry *entry : allOps())
    os << "| `" << entry->operation << "` | " << entry->becomes << " |\n";
}

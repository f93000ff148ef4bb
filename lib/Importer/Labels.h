//===- Labels.h - Strings that a classifier gives its classes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_LABELS_H
#define LW_LIB_IMPORTER_LABELS_H

#include "Proto.h"
#include "mlir/Support/LLVM.h"
#include <string>

namespace mlir::lw::importer {

/// "; its classes: cat, dog", in the file's order, from what the nodes and the
/// initializers that `output` needs hold; empty where they hold no strings.
std::string describeLabels(const ::onnx::GraphProto &graph, StringRef output);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_LABELS_H

//===- InputType.h - Shape and element type of a network's input
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_INPUTTYPE_H
#define LW_LIB_IMPORTER_INPUTTYPE_H

#include "Elements.h"
#include "llvm/Support/Error.h"

namespace mlir::lw::importer {

struct InputType {
  Shape shape;
  EdgeType edge;
};

/// The type of a graph's input, whose batch is `batch` where it is symbolic.
llvm::Expected<InputType> readInputType(const ::onnx::ValueInfoProto &input,
                                        MLIRContext *context, int64_t batch);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_INPUTTYPE_H

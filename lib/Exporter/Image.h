//===- Image.h - Operations on images
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_EXPORTER_IMAGE_H
#define LW_LIB_EXPORTER_IMAGE_H

#include "Graph.h"
#include "OpTable.h"

namespace mlir::lw::exporter {

LogicalResult emitInterleave(Graph &graph, Operation *op, const OpEntry &entry);
LogicalResult emitInterpolate(Graph &graph, Operation *op,
                              const OpEntry &entry);

} // namespace mlir::lw::exporter

#endif // LW_LIB_EXPORTER_IMAGE_H

//===- Rows.h - What reductions and normalizations share
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_ROWS_H
#define LW_LIB_IMPORTER_ROWS_H

#include "GraphBuilder.h"

namespace mlir::lw::importer {

/// The mean along `axes`, dimensions of the value, which keep an extent of 1.
Value emitMean(GraphBuilder &build, Value value, ArrayRef<int64_t> axes);

Value emitSquareRoot(GraphBuilder &build, Value value);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_ROWS_H

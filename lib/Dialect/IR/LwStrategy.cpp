//===- LwStrategy.cpp - Verifiers of kernels, layouts and places
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwAttributes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace mlir::lw;

using EmitError = function_ref<InFlightDiagnostic()>;

/// Fails when one of `extents` is below one.
static LogicalResult verifyExtents(EmitError emitError, StringRef what,
                                   ArrayRef<int64_t> extents) {
  for (int64_t extent : extents)
    if (extent < 1)
      return emitError() << "expects " << what << " of at least 1, found "
                         << extent;
  return success();
}

LogicalResult GemmAttr::verify(EmitError emitError, int64_t tileHeight,
                               int64_t tileWidth, int64_t tileVectors,
                               int64_t taps, LoopOrder) {
  if (failed(verifyExtents(emitError, "tile extents",
                           {tileHeight, tileWidth, tileVectors})))
    return failure();
  return verifyExtents(emitError, "taps", taps);
}

LogicalResult WinogradAttr::verify(EmitError emitError, int64_t outputs,
                                   int64_t rows, int64_t vectors,
                                   int64_t threads, int64_t tileWidth,
                                   int64_t tileVectors, LoopOrder) {
  if (outputs != 2 && outputs != 4)
    return emitError() << "expects tiles of 2 or 4 outputs, found " << outputs;
  if (failed(verifyExtents(emitError, "rows, vectors and threads",
                           {rows, vectors, threads})))
    return failure();
  return verifyExtents(emitError, "tile extents", {tileWidth, tileVectors});
}

LogicalResult DepthwiseAttr::verify(EmitError emitError, int64_t tileHeight,
                                    int64_t tileWidth) {
  return verifyExtents(emitError, "tile extents", {tileHeight, tileWidth});
}

LogicalResult MatmulAttr::verify(EmitError emitError, int64_t tileHeight,
                                 int64_t tileVectors) {
  return verifyExtents(emitError, "tile extents", {tileHeight, tileVectors});
}

LogicalResult RecurrentAttr::verify(EmitError emitError, int64_t tileHeight,
                                    int64_t tileVectors) {
  return verifyExtents(emitError, "tile extents", {tileHeight, tileVectors});
}

LogicalResult LayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t block, ArrayRef<int64_t> halo) {
  if (block < 1)
    return emitError() << "expects a block of at least 1, found " << block;
  if (halo.size() != 4)
    return emitError() << "expects 4 halo extents, found " << halo.size();
  for (int64_t extent : halo)
    if (extent < 0)
      return emitError() << "expects halo extents of at least 0, found "
                         << extent;
  return success();
}

LogicalResult BufferAttr::verify(EmitError emitError, int64_t offset,
                                 int64_t bytes) {
  if (offset < 0 || bytes < 0)
    return emitError() << "expects an offset and bytes of at least 0, found "
                       << offset << " and " << bytes;
  return success();
}

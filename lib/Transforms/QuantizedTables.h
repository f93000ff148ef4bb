//===- QuantizedTables.h - Functions of one byte
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_TRANSFORMS_QUANTIZEDTABLES_H
#define LW_LIB_TRANSFORMS_QUANTIZEDTABLES_H

#include "lw/Dialect/IR/LwOps.h"
#include "lw/Transforms/Patterns.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::lw {

/// A table for lw.lookup: element i is the function of byte i, which stands for
/// an integer as `input` says.
DenseElementsAttr tabulate(QuantAttr input,
                           llvm::function_ref<int64_t(int64_t)> function);

/// True when `to` has the same reals as `from` and the other range, so that
/// bytes differ in their greatest bit.
bool changesSignOnly(QuantAttr from, QuantAttr to);

/// Of --lw-fuse-quantization: functions of one quantized tensor become tables.
void populateTabulatePatterns(RewritePatternSet &patterns,
                              RewriteCount fused = {});

/// Of --lw-fuse-quantization: what moves elements and no more moves integers,
/// and changes of the range of bytes become part of what is beside them.
void populateMoveQuantizationPatterns(RewritePatternSet &patterns,
                                      RewriteCount moved = {});

} // namespace mlir::lw

#endif // LW_LIB_TRANSFORMS_QUANTIZEDTABLES_H

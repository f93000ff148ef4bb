//===- Families.h - Further families of operators
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_FAMILIES_H
#define LW_LIB_IMPORTER_FAMILIES_H

#include "OpTable.h"

namespace mlir::lw::importer {

ArrayRef<OpEntry> blockedMatrixOps();
ArrayRef<OpEntry> carryOps();
ArrayRef<OpEntry> classifierOps();
ArrayRef<OpEntry> contribOps();
ArrayRef<OpEntry> deformableOps();
ArrayRef<OpEntry> determinantOps();
ArrayRef<OpEntry> einsumOps();
ArrayRef<OpEntry> functionOps();
ArrayRef<OpEntry> fusedAttentionOps();
ArrayRef<OpEntry> fusedOps();
ArrayRef<OpEntry> groupQueryAttentionOps();
ArrayRef<OpEntry> lossOps();
ArrayRef<OpEntry> placementOps();
ArrayRef<OpEntry> preprocessingOps();
ArrayRef<OpEntry> signalOps();
ArrayRef<OpEntry> transposedConvolutionOps();
ArrayRef<OpEntry> unpoolingOps();
ArrayRef<OpEntry> vocabularyOps();
ArrayRef<OpEntry> volumeOps();

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_FAMILIES_H

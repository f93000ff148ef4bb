//===- SharedWeights.h - Weights that kernels for several processors read
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_SHAREDWEIGHTS_H
#define LW_LIB_CODEGEN_KERNELS_SHAREDWEIGHTS_H

#include "Builder/KernelBuilder.h"
#include "lw/Dialect/IR/ConvGeometry.h"
#include <vector>

namespace mlir::lw {

/// On `@main`: the channels of a panel of weights, where code for several
/// processors shares them.
inline constexpr llvm::StringLiteral kWeightPanelAttrName = "lw.weight_panel";

/// That of the function that `op` is in; 0 without.
int64_t getWeightPanel(Operation *op);

/// Appends `count` elements of `row` from `first` on, zeros beyond its end.
void appendRow(std::vector<float> &packed, ArrayRef<float> row, int64_t first,
               int64_t count);

/// Weights `[KH, KW, Cin, Cout]` of a convolution without groups in an order
/// that does not depend on the processor's vectors:
///
///     [Cout / panel][Cin / panel][KH * KW][Cin % panel][Cout % panel]
///
/// with zeros for output channels beyond the last; the last block of input
/// channels is as long as it is.
std::vector<float> packSharedWeights(const ConvGeometry &g, int64_t panel,
                                     ArrayRef<float> filter);

/// Moves `address` by `index` vectors of `vector` elements, of which those of
/// one panel lie side by side and panels `stride` apart.
Address advancePanels(KernelBuilder &k, Address address, Value index,
                      int64_t vector, int64_t panel, int64_t stride);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_SHAREDWEIGHTS_H

//===- SharedWeights.h - Weights that kernels for several processors read
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_SHAREDWEIGHTS_H
#define LW_LIB_CODEGEN_KERNELS_SHAREDWEIGHTS_H

#include "Builder/KernelBuilder.h"
#include "lw/Dialect/IR/ConvGeometry.h"
#include "lw/Support/LargePages.h"
#include "llvm/Support/MathExtras.h"
#include <vector>

namespace mlir::lw {

/// On `@main`: the channels of a panel of weights, floats or bytes, where code
/// for several processors shares them.
inline constexpr llvm::StringLiteral kWeightPanelAttrName = "lw.weight_panel",
                                     kBytePanelAttrName = "lw.byte_panel";

/// That of the function that `op` is in, by one of these names; 0 without.
int64_t getWeightPanel(Operation *op, llvm::StringRef name);

/// Appends `count` elements of `row` from `first` on, zeros beyond its end.
template <typename T>
void appendRow(std::vector<T> &packed, ArrayRef<T> row, int64_t first,
               int64_t count) {
  ArrayRef<T> part = row.drop_front(std::min<int64_t>(first, row.size()));
  part = part.take_front(count);
  packed.insert(packed.end(), part.begin(), part.end());
  packed.resize(packed.size() + count - part.size(), T(0));
}

/// Weights `[KH, KW, Cin, Cout]` of a convolution without groups in an order
/// that does not depend on the processor's vectors:
///
///     [Cout / panel][Cin / panel][KH * KW][Cin % panel][Cout % panel]
///
/// with zeros for output channels beyond the last; the last block of input
/// channels is as long as it is.
template <typename T>
std::vector<T> packSharedWeights(const ConvGeometry &g, int64_t panel,
                                 ArrayRef<T> filter) {
  int64_t taps = g.kernelHeight * g.kernelWidth;
  std::vector<T> packed;
  reserveLarge(packed,
               taps * g.inChannels * llvm::alignTo(g.outChannels, panel));
  for (int64_t first = 0; first < g.outChannels; first += panel)
    for (int64_t block = 0; block < g.inChannels; block += panel)
      for (int64_t tap = 0; tap < taps; ++tap)
        for (int64_t in = block; in < std::min(block + panel, g.inChannels);
             ++in)
          appendRow(packed,
                    filter.slice((tap * g.inChannels + in) * g.outChannels,
                                 g.outChannels),
                    first, panel);
  return packed;
}

/// Moves `address` by `index` vectors of `vector` elements, of which those of
/// one panel lie side by side and panels `stride` apart.
Address advancePanels(KernelBuilder &k, Address address, Value index,
                      int64_t vector, int64_t panel, int64_t stride);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_SHAREDWEIGHTS_H

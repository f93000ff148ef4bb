//===- SharedWeights.cpp - Weights that kernels for several processors read
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/SharedWeights.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace mlir::lw;

int64_t mlir::lw::getWeightPanel(Operation *op) {
  auto main = op->getParentOfType<FunctionOpInterface>();
  auto panel = main ? main->getAttrOfType<IntegerAttr>(kWeightPanelAttrName)
                    : IntegerAttr();
  return panel ? panel.getInt() : 0;
}

void mlir::lw::appendRow(std::vector<float> &packed, ArrayRef<float> row,
                         int64_t first, int64_t count) {
  ArrayRef<float> part = row.drop_front(std::min<int64_t>(first, row.size()));
  part = part.take_front(count);
  packed.insert(packed.end(), part.begin(), part.end());
  packed.resize(packed.size() + count - part.size(), 0.0f);
}

std::vector<float> mlir::lw::packSharedWeights(const ConvGeometry &g,
                                               int64_t panel,
                                               ArrayRef<float> filter) {
  int64_t taps = g.kernelHeight * g.kernelWidth;
  std::vector<float> packed;
  packed.reserve(taps * g.inChannels * llvm::alignTo(g.outChannels, panel));
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

Address mlir::lw::advancePanels(KernelBuilder &k, Address address, Value index,
                                int64_t vector, int64_t panel, int64_t stride) {
  if (vector % panel == 0)
    return k.advance(address, index, vector / panel * stride);
  Value each = k.constant(panel / vector);
  address =
      k.advance(address, arith::DivUIOp::create(k.b, index, each), stride);
  return k.advance(address, arith::RemUIOp::create(k.b, index, each), vector);
}

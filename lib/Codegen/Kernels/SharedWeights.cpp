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

int64_t mlir::lw::getWeightPanel(Operation *op, llvm::StringRef name) {
  auto main = op->getParentOfType<FunctionOpInterface>();
  auto panel = main ? main->getAttrOfType<IntegerAttr>(name) : IntegerAttr();
  return panel ? panel.getInt() : 0;
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

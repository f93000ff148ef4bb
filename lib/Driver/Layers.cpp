//===- Layers.cpp - A network as layers and what they read
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Layers.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Dialect/IR/Reads.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::lw;

std::vector<NetworkLayer> lw::listLayers(func::FuncOp main) {
  std::vector<NetworkLayer> layers;
  llvm::StringMap<size_t> byName;
  llvm::StringMap<int> unnamed;
  llvm::DenseMap<Operation *, size_t> layerOf;
  for (Operation &op : main.getBody().front().without_terminator()) {
    if (isCompileTime(&op))
      continue;
    std::string name = layerName(op.getLoc());
    if (name.empty()) {
      StringRef operation = op.getName().getStringRef();
      name = (operation + "#" + Twine(unnamed[operation]++)).str();
    }
    auto [found, isNew] = byName.try_emplace(name, layers.size());
    if (isNew)
      layers.push_back({name, {}, {}});
    layers[found->second].operations.push_back(&op);
    layerOf[&op] = found->second;
  }
  for (auto [i, layer] : llvm::enumerate(layers))
    for (Operation *op : layer.operations) {
      llvm::SetVector<Value> reads;
      collectReads(op, reads);
      for (Value value : reads) {
        auto maker = layerOf.find(value.getDefiningOp());
        if (maker == layerOf.end() || maker->second == i)
          continue;
        const std::string &name = layers[maker->second].name;
        if (!llvm::is_contained(layer.inputs, name))
          layer.inputs.push_back(name);
      }
    }
  return layers;
}

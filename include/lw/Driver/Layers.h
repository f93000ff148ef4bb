//===- Layers.h - A network as layers and what they read --------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_LAYERS_H
#define LW_DRIVER_LAYERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <string>
#include <vector>

namespace mlir::lw {

/// All operations of one name, in program order, and the layers that they read.
/// An operation without a name is a layer of its own, `operation#n`.
struct NetworkLayer {
  std::string name;
  std::vector<Operation *> operations;
  std::vector<std::string> inputs;
};

/// The layers of a network at the graph level, in the order of their first
/// operations; what needs no memory (constants, shapes) is none.
std::vector<NetworkLayer> listLayers(func::FuncOp main);

} // namespace mlir::lw

#endif // LW_DRIVER_LAYERS_H

//===- Probes.h - Results of layers beside those of the network -*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_PROBES_H
#define LW_DRIVER_PROBES_H

#include "lw/Dialect/IR/LwAttributes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <string>
#include <vector>

namespace mlir::lw {

/// The result of a layer, returned beside the network's outputs.
struct Probe {
  std::string name, operation;
  std::vector<int64_t> shape;
  /// What its integers stand for; null where it is computed in floats.
  QuantAttr quantization;
  /// What the channels of the result must be multiplied by to be those that the
  /// network was trained with; empty for all 1.
  std::vector<float> channelScales;
  /// The layers that it reads.
  std::vector<std::string> inputs;
};

/// Makes the result of every layer of a network at the graph level another
/// result of `main`, as f32, in the order of the returned list. A layer is all
/// operations of one name; its result is that of the last. Results of other
/// types than f32 and quantized ones are left out.
std::vector<Probe> addProbes(func::FuncOp main);

} // namespace mlir::lw

#endif // LW_DRIVER_PROBES_H

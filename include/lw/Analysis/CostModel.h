//===- CostModel.h - MACs, parameters and bytes of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_ANALYSIS_COSTMODEL_H
#define LW_ANALYSIS_COSTMODEL_H

#include "mlir/IR/Operation.h"
#include "llvm/Support/JSON.h"
#include <cstdint>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace mlir::lw {

/// Cost of one evaluation of a layer, all of its batch. Counts that do not fit
/// stay at the largest value.
struct Cost {
  /// Multiply-accumulates.
  int64_t macs = 0;
  /// Trained values: filters, biases, and scale and offset of a batch norm, but
  /// not its statistics.
  int64_t parameters = 0;
  /// Bytes of all constants, a batch norm's statistics included.
  int64_t weightBytes = 0;
  /// Bytes of the tensors read and written, each once.
  int64_t activationBytes = 0;

  Cost &operator+=(const Cost &other);
};

/// Cost of one layer.
struct LayerCost {
  /// Name of the operation's location, or `operation#n` when it has none.
  std::string name;
  /// Name of the operation, such as `lw.conv_2d`.
  std::string operation;
  /// Extents of the filter in words (`3x3`, `3x3 x2` with a multiplier of 2);
  /// empty for what is no convolution.
  std::string kernel;
  std::vector<int64_t> outputShape;
  Cost cost;
};

/// Cost of a network: the layers that have MACs or parameters, in program
/// order, and their sum.
struct NetworkCost {
  std::string name;
  std::vector<LayerCost> layers;
  Cost total;
};

/// Adds up the layers below `root`, normally a function. Fails with a
/// diagnostic when the shape of a layer is not static. Convolutions of other
/// dialects are not counted; they get a warning that says how to raise them.
FailureOr<NetworkCost> computeCost(Operation *root);

/// The name that reports give an operation: that of its NameLoc, searched for
/// in fused and call-site locations, or an empty string.
std::string layerName(Location location);

/// Names of layers from a list that was cut at its commas: pieces in a row that
/// together are a name of `known` are that name, the longest first. What is no
/// name stays as it is.
std::vector<std::string> joinCutNames(ArrayRef<std::string> list,
                                      ArrayRef<std::string> known);

/// What to write in place of the name of a layer that does not exist: "the
/// layers KIND are a, b, c", or the nearest of them where they are many.
std::string listNearest(StringRef name, ArrayRef<std::string> known,
                        StringRef kind);

/// Prints an aligned table with a line of totals.
void printCost(llvm::raw_ostream &os, const NetworkCost &cost);

/// `{"name", "layers": [{"name", "operation", "kernel", "output_shape", "macs",
/// "parameters", "weight_bytes", "activation_bytes"}], "total": {...}}`.
llvm::json::Object toJson(const NetworkCost &cost);

} // namespace mlir::lw

#endif // LW_ANALYSIS_COSTMODEL_H

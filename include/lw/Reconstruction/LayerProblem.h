//===- LayerProblem.h - The convolutions that can be fitted to data
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_RECONSTRUCTION_LAYERPROBLEM_H
#define LW_RECONSTRUCTION_LAYERPROBLEM_H

#include "lw/Dialect/IR/LwOps.h"
#include "lw/Separable/Factors.h"
#include <optional>

namespace mlir {
class IRMapping;
} // namespace mlir

namespace mlir::lw {

/// A convolution with one group and constant weights, standard or pointwise.
struct LayerProblem {
  /// Reads the weights of `conv`; std::nullopt when it is none of these.
  static std::optional<LayerProblem> create(ConvolutionOpInterface conv);

  /// Forms worth trying, Keep not among them; with so many channels between
  /// their operations or a multiple of it.
  std::vector<FormChoice> candidates(int64_t channels = 1) const;

  int64_t macs(FormChoice choice) const;

  ConvolutionOpInterface conv;
  std::string name;
  ConvGeometry geometry;
  FilterShape shape;
  Eigen::MatrixXd filter; // (taps * Cin) x Cout
  Eigen::VectorXf bias;   // zeros when there is none
};

/// A form of a layer with its weights.
struct LayerVersion {
  FormChoice choice;
  std::vector<float> first, second; // see Factors::filters
  std::vector<float> bias;
};

/// Marks a convolution to stay in f32 when the network is quantized.
void markFloat(ConvolutionOpInterface conv);

/// Builds the operations of a version in place of `layer.conv`, on its operands
/// mapped by `mapping`. Residual and activation go with the last operation.
/// What stays in f32 when quantized does so in every form.
Value buildVersion(OpBuilder &builder, const LayerProblem &layer,
                   const LayerVersion &version, IRMapping &mapping);

} // namespace mlir::lw

#endif // LW_RECONSTRUCTION_LAYERPROBLEM_H

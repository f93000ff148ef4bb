//===- LayerCase.h - Random layers of every variant -------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TEST_UNIT_PROPERTY_LAYERCASE_H
#define LW_TEST_UNIT_PROPERTY_LAYERCASE_H

#include "lw/Dialect/IR/ConvGeometry.h"
#include "lw/Dialect/IR/LwAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace lwtest {

enum class Variant {
  Standard,
  Grouped,
  Depthwise,
  Pointwise,
  Separable,
  BatchNorm,
  ChannelShuffle,
  Winograd // 3x3, stride 1: what Winograd kernels can compute
};
constexpr Variant kVariants[] = {Variant::Standard,       Variant::Grouped,
                                 Variant::Depthwise,      Variant::Pointwise,
                                 Variant::Separable,      Variant::BatchNorm,
                                 Variant::ChannelShuffle, Variant::Winograd};

const char *nameOf(Variant variant);

struct Activation {
  mlir::lw::ActivationKind kind;
  float alpha = 0, beta = 0;
};

/// The formula of an activation.
double activate(const Activation &activation, double x);

/// One layer with its data, all in row-major order of lw's layouts.
struct LayerCase {
  Variant variant;
  mlir::lw::ConvGeometry g;
  std::optional<Activation> activation;
  std::vector<float> input;
  /// One filter, or the depthwise and the pointwise one, or the scale, offset,
  /// mean and variance of a batch norm.
  std::vector<std::vector<float>> parameters;
  /// Empty when there is none.
  std::vector<float> bias, residual;
  float epsilon = 0;

  std::vector<int64_t> inputShape() const;
  std::vector<int64_t> outputShape() const;
  std::vector<std::vector<int64_t>> parameterShapes() const;
};

/// Bounds of the random draw.
struct DrawLimits {
  int64_t extent = 20;    // height and width
  int64_t channels = 70;  // in and out
  int64_t macs = 150'000; // of one layer
};

/// A random layer: odd extents, asymmetric padding, strides, dilations, channel
/// counts around multiples of vectors, with and without bias, residual and
/// activation.
LayerCase drawCase(Variant variant, std::mt19937 &random,
                   const DrawLimits &limits = {});

/// What a layer computes, by plain loops in double precision over the formula
/// in the operation's description.
struct Expected {
  std::vector<double> values;
  /// Sum of the magnitudes of all that was added up for each value, which
  /// bounds the rounding of any order of summation.
  std::vector<double> magnitudes;
};
Expected evaluate(const LayerCase &layer);

/// A network of independent layers: `@main` takes the input and, where there is
/// one, the residual of each, and returns the output of each. Parameters are
/// constants.
mlir::OwningOpRef<mlir::ModuleOp> buildModule(mlir::MLIRContext &context,
                                              llvm::ArrayRef<LayerCase> layers);

/// The layer as MLIR without the elements of its constants.
std::string print(const LayerCase &layer, mlir::MLIRContext &context);

} // namespace lwtest

#endif // LW_TEST_UNIT_PROPERTY_LAYERCASE_H

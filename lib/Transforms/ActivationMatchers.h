//===- ActivationMatchers.h - Activation functions spelled in tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_TRANSFORMS_ACTIVATIONMATCHERS_H
#define LW_LIB_TRANSFORMS_ACTIVATIONMATCHERS_H

#include "lw/Dialect/IR/LwAttributes.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallPtrSet.h"
#include <optional>

namespace mlir::lw {

/// An activation function of `input` whose result is that of the root.
struct ActivationMatch {
  Value input;
  ActivationAttr activation;
  /// The operations that compute it, the root included.
  llvm::SmallPtrSet<Operation *, 6> operations;

  /// True when nothing outside the match uses `input` or an intermediate value,
  /// `root` excepted.
  bool isIsolated(Operation *root) const;
};

/// The activation function that ends in `root`, if it is one of the forms that
/// `--lw-fuse-epilogue` describes.
std::optional<ActivationMatch> matchActivation(Operation *root);

} // namespace mlir::lw

#endif // LW_LIB_TRANSFORMS_ACTIVATIONMATCHERS_H

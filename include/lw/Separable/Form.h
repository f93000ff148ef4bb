//===- Form.h - Cheaper forms of a convolution
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_SEPARABLE_FORM_H
#define LW_SEPARABLE_FORM_H

#include "lw/Separable/Decomposition.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace mlir::lw {

/// Forms that a standard convolution can take.
enum class ConvForm {
  /// As it is, its filter fitted.
  Keep,
  /// Depthwise with `rank` filters a channel, then pointwise (Guo et al.,
  /// Network Decoupling, 2018).
  Depthwise,
  /// KH x 1 to `rank` channels, then 1 x KW (Jaderberg et al., Speeding up
  /// Convolutional Neural Networks with Low Rank Expansions, 2014, scheme 2).
  Vertical,
  /// 1 x KW to `rank` channels, then KH x 1.
  Horizontal,
  /// 1 x 1 to `rank` channels, then KH x KW.
  NarrowInput,
  /// KH x KW to `rank` channels, then 1 x 1 (Zhang et al., 2016).
  NarrowOutput,
};

/// A form with its size; `rank` means nothing for Keep.
struct FormChoice {
  ConvForm form = ConvForm::Keep;
  int64_t rank = 0;

  bool operator==(const FormChoice &other) const {
    return form == other.form && rank == other.rank;
  }
};

/// A short description, such as `dw3x3 T=2, 1x1` or `1x3 to 10, 3x1`.
std::string formName(FormChoice choice, const FilterShape &shape);

/// The form that `formName` describes so; std::nullopt for what is no form of
/// the filter.
std::optional<FormChoice> parseForm(llvm::StringRef text,
                                    const FilterShape &shape);

/// How hard to fit.
struct FitOptions {
  /// Ridge, relative to the mean variance of the patches.
  double ridge = 1e-6;
  /// Alternations of V and H.
  int rounds = 2;
  /// Conjugate gradient steps for each V.
  int steps = 20;
};

/// MACs for an output of `outHeight` x `outWidth` pixels from an input of
/// `inHeight` x `inWidth`, one sample.
struct LayerExtents {
  int64_t inHeight, inWidth, outHeight, outWidth;
};
int64_t formMacs(const FilterShape &shape, FormChoice choice,
                 const LayerExtents &extents);

} // namespace mlir::lw

#endif // LW_SEPARABLE_FORM_H

//===- Form.cpp - Cheaper forms of a convolution
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Separable/Form.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir::lw;

int64_t mlir::lw::formMacs(const FilterShape &shape, FormChoice choice,
                           const LayerExtents &e) {
  int64_t in = shape.inChannels, out = shape.outChannels, r = choice.rank;
  int64_t pixels = e.outHeight * e.outWidth;
  switch (choice.form) {
  case ConvForm::Keep:
    return pixels * shape.taps() * in * out;
  case ConvForm::Depthwise:
    return pixels * in * r * (shape.taps() + out);
  case ConvForm::Vertical:
    return e.outHeight * e.inWidth * shape.kernelHeight * in * r +
           pixels * shape.kernelWidth * r * out;
  case ConvForm::Horizontal:
    return e.inHeight * e.outWidth * shape.kernelWidth * in * r +
           pixels * shape.kernelHeight * r * out;
  case ConvForm::NarrowInput:
    return e.inHeight * e.inWidth * in * r + pixels * shape.taps() * r * out;
  case ConvForm::NarrowOutput:
    return pixels * r * (shape.taps() * in + out);
  }
  llvm_unreachable("unknown form");
}

std::string mlir::lw::formName(FormChoice choice, const FilterShape &shape) {
  int64_t kh = shape.kernelHeight, kw = shape.kernelWidth, r = choice.rank;
  switch (choice.form) {
  case ConvForm::Keep:
    return "keep";
  case ConvForm::Depthwise:
    return llvm::formatv("dw{0}x{1} T={2}, 1x1", kh, kw, r);
  case ConvForm::Vertical:
    return llvm::formatv("{0}x1 to {2}, 1x{1}", kh, kw, r);
  case ConvForm::Horizontal:
    return llvm::formatv("1x{1} to {2}, {0}x1", kh, kw, r);
  case ConvForm::NarrowInput:
    return llvm::formatv("1x1 to {2}, {0}x{1}", kh, kw, r);
  case ConvForm::NarrowOutput:
    return llvm::formatv("{0}x{1} to {2}, 1x1", kh, kw, r);
  }
  llvm_unreachable("unknown form");
}

/// The largest rank at which a form says more than a smaller one; 0 for what is
/// no form of the filter.
static int64_t largestRank(ConvForm form, const FilterShape &shape) {
  int64_t in = shape.inChannels, out = shape.outChannels;
  int64_t kh = shape.kernelHeight, kw = shape.kernelWidth;
  bool isSquare = kh > 1 && kw > 1;
  switch (form) {
  case ConvForm::Keep:
    return 0;
  case ConvForm::Depthwise:
    return in > 1 && shape.taps() > 1 ? shape.taps() : 0;
  case ConvForm::Vertical:
    return isSquare ? std::min(kh * in, kw * out) : 0;
  case ConvForm::Horizontal:
    return isSquare ? std::min(kw * in, kh * out) : 0;
  case ConvForm::NarrowInput:
    return shape.taps() > 1 ? in : 0;
  case ConvForm::NarrowOutput:
    return out;
  }
  llvm_unreachable("unknown form");
}

std::optional<FormChoice> mlir::lw::parseForm(llvm::StringRef text,
                                              const FilterShape &shape) {
  if (text == formName({}, shape))
    return FormChoice();
  // One of the numbers is the rank.
  llvm::SmallVector<llvm::StringRef> pieces;
  llvm::SplitString(text, pieces, " =,x");
  for (llvm::StringRef piece : pieces) {
    int64_t rank;
    if (piece.getAsInteger(10, rank))
      continue;
    for (ConvForm form :
         {ConvForm::Depthwise, ConvForm::Vertical, ConvForm::Horizontal,
          ConvForm::NarrowInput, ConvForm::NarrowOutput})
      if (rank >= 1 && rank <= largestRank(form, shape) &&
          text == formName({form, rank}, shape))
        return FormChoice{form, rank};
  }
  return std::nullopt;
}

//===- Accuracy.cpp - Top-1 and top-5 of a classifier
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/Accuracy.h"
#include <cmath>

using namespace mlir;

int64_t lw::classDimension(llvm::ArrayRef<int64_t> shape) {
  int64_t last = static_cast<int64_t>(shape.size()) - 1;
  for (int64_t dim = last; dim > 0; --dim)
    if (shape[dim] != 1)
      return dim;
  return last;
}

void lw::Accuracy::add(llvm::ArrayRef<float> scores, int64_t label) {
  ++samples;
  int64_t rank = 0;
  for (int64_t i = 0, e = scores.size(); i < e; ++i) {
    if (std::isnan(scores[i])) {
      ++invalid;
      return;
    }
    if (scores[i] > scores[label] || (scores[i] == scores[label] && i < label))
      ++rank;
  }
  top1 += rank < 1;
  top5 += rank < 5;
}

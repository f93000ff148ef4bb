//===- UseBFloat16.h - Convolutions that multiply bfloat16
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_CODEGEN_USEBFLOAT16_H
#define LW_CODEGEN_USEBFLOAT16_H

#include "lw/Target/TargetInfo.h"
#include <string>
#include <vector>

namespace mlir::func {
class FuncOp;
} // namespace mlir::func

namespace mlir::lw {

/// See --lw-use-bfloat16.
struct BFloat16Options {
  int64_t threads = 1;
  /// Also layers that the model finds slower so.
  bool all = false;
};

/// What a layer multiplies.
struct LayerArithmetic {
  std::string layer;
  bool isBFloat16;
  /// Why, in words.
  std::string reason;
};

/// Makes convolutions of `function` ones on bf16 where that is faster on
/// `target`, which has a unit for it; what became of every convolution of f32.
std::vector<LayerArithmetic> useBFloat16(func::FuncOp function,
                                         const TargetInfo &target,
                                         const BFloat16Options &options);

} // namespace mlir::lw

#endif // LW_CODEGEN_USEBFLOAT16_H

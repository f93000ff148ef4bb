//===- Target.h - The processor that a module is compiled for ---*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TARGET_TARGET_H
#define LW_TARGET_TARGET_H

#include "lw/Dialect/IR/LwAttributes.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace llvm {
class MCSubtargetInfo;
} // namespace llvm

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace mlir::lw {

/// Module attribute: the #lw.target that the module is compiled for.
inline constexpr llvm::StringLiteral kTargetAttrName = "lw.target";

/// A processor as a user names it. Empty strings mean the host.
struct TargetName {
  /// LLVM target triple, e.g. `aarch64-linux-gnu`.
  std::string triple;
  /// Cpu name, e.g. `x86-64-v3`; `native` is the host with all its features.
  std::string cpu;
  /// Features to add or take away, e.g. `+avx2,-avx512f`.
  std::string features;
};

/// The processor with every part spelled out, or an error that names an unknown
/// triple, cpu or feature.
llvm::Expected<TargetAttr> resolveTarget(MLIRContext *context,
                                         const TargetName &name);

/// The cpu of a library that has code for several processors.
inline constexpr llvm::StringLiteral kMultiCpu = "multi";

/// One of them, `x86-64-v3` or `generic+dotprod`.
struct Level {
  std::string name;
  TargetAttr target;
};

/// All of them, from the least to the most capable, or an error where a program
/// cannot tell which it runs on.
llvm::Expected<std::vector<Level>>
resolveLevels(MLIRContext *context, const TargetName &name, bool freestanding);

/// Channels of the panels of weights that kernels of several levels share, of
/// floats and of bytes; 0 where all levels read them in one order of their own.
struct WeightPanels {
  int64_t floats = 0, bytes = 0;
};

/// The panels that kernels of all levels can read: of floats as wide as the
/// widest vector, where vectors differ; of bytes a block, where units do.
WeightPanels weightPanelsOf(llvm::ArrayRef<Level> levels);

/// What LLVM knows of the processor; null when it does not know it.
std::unique_ptr<llvm::MCSubtargetInfo> createSubtarget(TargetAttr target);

/// The features that code for `target` may use, of those that tell one cpu of
/// the architecture from another (`avx2`, `fma`, ...), sorted.
std::vector<std::string> listFeatures(TargetAttr target);

/// The module's `lw.target`, null without.
TargetAttr getTarget(ModuleOp module);

/// Makes all of LLVM's targets known, once.
void initializeTargets();

} // namespace mlir::lw

#endif // LW_TARGET_TARGET_H

//===- Dispatch.h - One network of several for processors or shapes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LOWERING_DISPATCH_H
#define LW_LOWERING_DISPATCH_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::lw {

/// A network as it was compiled for one processor: the prefix of its C
/// functions, the processor's name, and its `<prefix>_info`.
struct LoweredLevel {
  std::string prefix, name, info;
};

/// A module in the LLVM dialect with the C functions of a network that is
/// compiled for several processors, given from the least to the most capable.
/// They call `<prefix>_run` and `<prefix>_supported` of the levels, which it
/// declares. See docs/c-interface.md.
OwningOpRef<ModuleOp> makeDispatch(MLIRContext *context, StringRef prefix,
                                   ArrayRef<LoweredLevel> levels);

/// A network as it was compiled for one shape: the prefix of its C functions,
/// the extents of its inputs, and its `<prefix>_info`.
struct LoweredShape {
  std::string prefix;
  std::vector<std::vector<int64_t>> inputs;
  std::string info;
};

/// The same for a network that is compiled for several shapes of the same
/// ranks. `<prefix>_run_shape` chooses among them, `<prefix>_run` is the first.
/// `hasLevels`: each is one of several for processors.
OwningOpRef<ModuleOp> makeShapeDispatch(MLIRContext *context, StringRef prefix,
                                        ArrayRef<LoweredShape> shapes,
                                        bool hasLevels);

} // namespace mlir::lw

#endif // LW_LOWERING_DISPATCH_H

//===- InitAll.h - The one registration list
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_INITALL_H
#define LW_INITALL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mlir::lw {

/// Registers the lw dialect, the upstream dialects that its passes produce or
/// consume, and the interface models they need.
void registerAllDialects(DialectRegistry &registry);

/// Registers lw's passes and pipelines.
void registerAllPasses();

} // namespace mlir::lw

#endif // LW_INITALL_H

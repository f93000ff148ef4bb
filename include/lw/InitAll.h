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

/// Registers the lw dialect and all upstream dialects, for tools on any module.
void registerAllDialects(DialectRegistry &registry);

/// Registers the lw dialect, the upstream dialects that networks are written in
/// and that they are lowered through, and the interface models that takes.
void registerNetworkDialects(DialectRegistry &registry);

/// Registers lw's passes and pipelines.
void registerAllPasses();

} // namespace mlir::lw

#endif // LW_INITALL_H

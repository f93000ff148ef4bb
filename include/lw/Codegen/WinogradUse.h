//===- WinogradUse.h - Where Winograd kernels are used
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_CODEGEN_WINOGRADUSE_H
#define LW_CODEGEN_WINOGRADUSE_H

namespace mlir::lw {

/// Where Winograd kernels compute 3x3 convolutions: where they are faster,
/// nowhere, or wherever they can.
enum class WinogradUse { Auto, Never, Always };

} // namespace mlir::lw

#endif // LW_CODEGEN_WINOGRADUSE_H

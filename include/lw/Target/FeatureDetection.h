//===- FeatureDetection.h - How a program finds what its processor has
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TARGET_FEATUREDETECTION_H
#define LW_TARGET_FEATUREDETECTION_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace mlir::lw {

/// Registers that cpuid writes.
enum class CpuidRegister { EAX, EBX, ECX, EDX };

/// A feature of x86 that generated code may use, by LLVM's name: a bit that
/// cpuid reports, and the registers that the operating system must save for it
/// (bits of XCR0).
struct X86Feature {
  llvm::StringLiteral name;
  uint32_t leaf, subleaf;
  CpuidRegister reg;
  unsigned bit;
  uint32_t state;
};
llvm::ArrayRef<X86Feature> getX86Features();

/// A feature of AArch64 that generated code may use: a bit of what Linux hands
/// over in the auxiliary vector, AT_HWCAP (16) or AT_HWCAP2 (26).
struct AArch64Feature {
  llvm::StringLiteral name;
  unsigned vector;
  unsigned bit;
};
llvm::ArrayRef<AArch64Feature> getAArch64Features();

} // namespace mlir::lw

#endif // LW_TARGET_FEATUREDETECTION_H

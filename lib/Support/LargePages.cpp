//===- LargePages.cpp - Memory for the weights of large networks
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Support/LargePages.h"
#include "llvm/Support/MathExtras.h"
#include <cstdint>
#include <sys/mman.h>

void mlir::lw::preferLargePages(void *memory, size_t bytes) {
#ifdef MADV_HUGEPAGE
  // Those of x86-64, and of AArch64 with small pages of 4 KiB.
  constexpr uintptr_t kLargePage = uintptr_t(1) << 21;
  if (bytes < 2 * kLargePage)
    return;
  auto begin = reinterpret_cast<uintptr_t>(memory);
  uintptr_t end = llvm::alignDown(begin + bytes, kLargePage);
  begin = llvm::alignTo(begin, kLargePage);
  // A hint: refused, the pages are small.
  (void)::madvise(reinterpret_cast<void *>(begin), end - begin, MADV_HUGEPAGE);
#else
  (void)memory;
  (void)bytes;
#endif
}

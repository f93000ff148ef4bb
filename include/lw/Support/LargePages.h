//===- LargePages.h - Memory for the weights of large networks --*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_SUPPORT_LARGEPAGES_H
#define LW_SUPPORT_LARGEPAGES_H

#include <cstddef>
#include <vector>

namespace mlir::lw {

/// Asks the system for large pages where memory is that nobody has written yet:
/// the first write to each page is a fault, and of hundreds of megabytes of
/// weights, which are copied a few times, those to small pages are a fifth of
/// the time of compiling. Does nothing for less than several large pages, or
/// where the system has none.
void preferLargePages(void *memory, size_t bytes);

/// Room for so many elements, which all will be written.
template <typename T>
void reserveLarge(std::vector<T> &elements, size_t count) {
  elements.reserve(count);
  preferLargePages(elements.data(), count * sizeof(T));
}

} // namespace mlir::lw

#endif // LW_SUPPORT_LARGEPAGES_H

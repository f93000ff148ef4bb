//===- CopyKernel.h - Copies between layouts, and fills
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_COPY_COPYKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_COPY_COPYKERNEL_H

#include "Builder/KernelBuilder.h"

namespace mlir::lw {

/// A copy of a strided box: dimensions from outermost to innermost.
struct StridedCopy {
  struct Dim {
    int64_t extent, sourceStride, targetStride;
  };
  SmallVector<Dim> dims;
  int64_t sourceBase = 0, targetBase = 0;
};

/// One logical dimension of a box in both arrays. `block` 0 means linear with
/// `stride`; otherwise index i lies at (i / block) * stride + i % block.
struct CopyAxis {
  struct Side {
    int64_t begin = 0, stride = 1, block = 0;
  };
  int64_t extent = 1;
  Side source, target;
};

/// The copies that together cover a box; blocked axes are cut where runs of
/// consecutive elements end.
SmallVector<StridedCopy> planCopies(ArrayRef<CopyAxis> axes, int64_t sourceBase,
                                    int64_t targetBase);

/// The axes n, h, w, c of a layout as sides of a copy.
std::array<CopyAxis::Side, 4> layoutSides(const Layout &layout);

/// Row-major sides of a shape.
SmallVector<CopyAxis::Side> denseSides(ArrayRef<int64_t> shape);

void emitCopies(KernelBuilder &k, ArrayRef<StridedCopy> copies, Value source,
                Value target);

/// Writes `value` to the halo and, before values are copied in, to the last
/// block where channels leave lanes of it unused. Several threads write the
/// parts that lie between the values that they are likely to write, by rows or,
/// of few rows, by blocks of channels.
void emitBorder(KernelBuilder &k, const Layout &layout, Value buffer,
                int64_t value, int64_t threads = 1);

/// Writes `value` to every element of the value, not to its border.
void emitFill(KernelBuilder &k, const Layout &layout, Value buffer,
              float value);

/// Writes zeros to `rows` rows of every block from row `first` on, halo
/// included.
void emitZeroRows(KernelBuilder &k, const Layout &layout, Value buffer,
                  Value first, int64_t rows);

/// True when emitBorder has something to write.
bool hasBorder(const Layout &layout, bool lanesToo);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_COPY_COPYKERNEL_H

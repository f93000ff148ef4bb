//===- MatmulKernel.h - Products of two activations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_MATMUL_MATMULKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_MATMUL_MATMULKERNEL_H

#include "Builder/KernelBuilder.h"

namespace mlir::lw {

/// c[n] = a[n] * b[n], all row-major, of [rows, inner] and [inner, columns].
struct MatmulSpec {
  int64_t batch = 1, rows = 1, inner = 1, columns = 1;
  /// Elements of a vector.
  int64_t vector = 16;
  /// Rows and vectors of columns whose accumulators are in registers together.
  int64_t tileRows = 1, tileVectors = 1;
  int64_t threads = 1;
  /// Of one column with a bias.
  ActivationAttr activation;

  double macs() const {
    return static_cast<double>(batch) * rows * inner * columns;
  }
  /// Accumulators, a row of the right operand, an element of the left one.
  int64_t registers() const { return tileRows * tileVectors + tileVectors + 1; }
  /// Threads that share the rows of one product; where there are products
  /// enough, each thread has its own.
  int64_t rowParts() const;
};

/// Sets the tile to the one that takes the fewest cycles by the model of the
/// processor.
/// Of one product by its tile.
double matmulCycles(const MatmulSpec &spec, const TargetInfo &target);

void chooseMatmulTile(MatmulSpec &spec, const TargetInfo &target);

/// Both operands are read in place. Columns that make no whole vector are
/// computed by one that overlaps the last; only rows shorter than a vector are
/// masked.
/// The bias is the one column's, or null.
void emitMatmul(KernelBuilder &k, const MatmulSpec &spec, Value left,
                Value right, Value result, Value bias = {});

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_MATMUL_MATMULKERNEL_H

//===- Registry.cpp - All kinds of kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Copy/CopyKind.h"
#include "Kernels/Depthwise/DepthwiseKind.h"
#include "Kernels/Elementwise/ElementwiseKind.h"
#include "Kernels/Gather/GatherKind.h"
#include "Kernels/Gemm/GemmKind.h"
#include "Kernels/Matmul/MatmulKind.h"
#include "Kernels/Pool/PoolKind.h"
#include "Kernels/Recurrent/RecurrentKind.h"
#include "Kernels/Reference/ReferenceKind.h"
#include "Kernels/Rows/RowsKind.h"
#include "Kernels/Winograd/WinogradKind.h"

using namespace mlir;
using namespace mlir::lw;

ArrayRef<const KernelKind *> mlir::lw::kernelKinds() {
  static const GemmKind gemm;
  static const WinogradKind winograd;
  static const DepthwiseKind depthwise;
  static const MatmulKind matmul;
  static const PoolKind pool;
  static const ElementwiseKind elementwise;
  static const GatherKind gather;
  static const RowsKind rows;
  static const CopyKind copy;
  static const AliasKind alias;
  static const RecurrentKernelKind recurrent;
  // Takes what no other does.
  static const ReferenceKind reference;
  static const KernelKind *const kinds[] = {
      &gemm,   &winograd, &depthwise, &matmul, &pool,      &elementwise,
      &gather, &rows,     &copy,      &alias,  &recurrent, &reference};
  return kinds;
}

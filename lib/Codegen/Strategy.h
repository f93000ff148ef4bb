//===- Strategy.h - From operations with layouts to kernel specifications
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_STRATEGY_H
#define LW_LIB_CODEGEN_STRATEGY_H

#include "ChannelCopyKernel.h"
#include "CopyKernel.h"
#include "DepthwiseKernel.h"
#include "ElementwiseKernel.h"
#include "GemmKernel.h"
#include "PoolKernel.h"
#include "StageKernel.h"
#include "WinogradKernel.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::lw {

/// The kernel families that can compute `op`, from the operation alone (types,
/// constant weights); Reference when none of ours can.
KernelFamily classify(Operation *op, int64_t vector);

/// True for constants and shapes, which get no kernel.
bool isCompileTime(Operation *op);

/// Specifications of a classified operation with the layouts that are written
/// on it and on its operands. Tiles come from the `lw.kernel` attribute if
/// present.
/// `linear` joins rows where that is possible.
GemmSpec gemmSpec(ConvolutionOpInterface op, int64_t vector,
                  bool linear = true);
WinogradSpec winogradSpec(ConvolutionOpInterface op, int64_t vector);
DepthwiseSpec depthwiseSpec(DepthwiseConv2DOp op, int64_t vector);
PoolSpec poolSpec(Operation *op, int64_t vector);
ElementwiseSpec elementwiseSpec(Operation *op);

/// The operations of a stage, each but the last with the next as its only user.
/// Of expand and project one may be missing.
struct StageOps {
  ConvolutionOpInterface expand;
  DepthwiseConv2DOp depthwise;
  PointwiseConv2DOp project;
};
/// The longest stage that ends in `op`, a pointwise or depthwise convolution;
/// std::nullopt when it ends none.
std::optional<StageOps> findStage(Operation *op);
/// The stage as it was marked: without the parts that are no strips.
StageOps markedStage(Operation *end);
/// Output rows of a strip of a marked stage.
int64_t stripRows(StageOps stage);
StageSpec stageSpec(StageOps ops, int64_t rows, int64_t vector);

/// What a copy operation moves: per source operand the strided boxes, and the
/// constant that fills what no source covers.
struct CopyPlan {
  struct Source {
    Value value;
    SmallVector<StridedCopy> copies;
  };
  SmallVector<Source> sources;
  std::optional<float> fill;
};
CopyPlan planCopy(Operation *op);

/// The same as a copy of channels, with the operands that it reads; nothing
/// when pixels move too or a value is not in blocks of one vector.
struct ChannelCopyPlan {
  SmallVector<Value> sources;
  ChannelCopySpec spec;
};
std::optional<ChannelCopyPlan> planChannelCopy(Operation *op, int64_t vector);

/// Copies between two layouts of one shape.
SmallVector<StridedCopy> planConversion(const Layout &from, const Layout &to);

/// True when the result of a copy operation lies like its operand, so that both
/// are one buffer.
bool isAlias(Operation *op);

/// The function that holds the network, or null after an error.
func::FuncOp findMain(Operation *module);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_STRATEGY_H

//===- LowerMaxPool.cpp - Maximum pools that skip NaN, to linalg
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWLOWERMAXPOOL
#include "lw/Lowering/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;

/// The larger of the maximum so far and an element, in the order of x86's
/// instruction: where one is NaN it is the element. Padding leaves the maximum.
static void buildMaximum(OpBuilder &builder, Location location,
                         ValueRange args) {
  ImplicitLocOpBuilder b(location, builder);
  Value element = args[0], maximum = args[2];
  auto type = cast<FloatType>(element.getType());
  Value padding = arith::ConstantOp::create(
      b, b.getFloatAttr(type, APFloat::getInf(type.getFloatSemantics(),
                                              /*Negative=*/true)));
  Value larger =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, maximum, element);
  Value absent =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, element, padding);
  Value keep = arith::OrIOp::create(b, larger, absent);
  linalg::YieldOp::create(
      b, arith::SelectOp::create(b, keep, maximum, element).getResult());
}

/// The maxima of windows along axis 1 or 2 of an N x H x W x C value.
static Value reduceWindows(ImplicitLocOpBuilder &b, Value value, unsigned axis,
                           int64_t outputs, int64_t kernel, int64_t stride,
                           Value least) {
  auto in = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(in.getShape());
  shape[axis] = outputs;
  Type element = in.getElementType();
  Value window = tensor::EmptyOp::create(b, ArrayRef<int64_t>{kernel}, element);
  Value empty = tensor::EmptyOp::create(b, shape, element);
  Value init = linalg::FillOp::create(b, least, empty).getResult(0);
  SmallVector<AffineExpr> results;
  for (unsigned i = 0; i < 4; ++i)
    results.push_back(b.getAffineDimExpr(i));
  AffineExpr step = b.getAffineDimExpr(4);
  auto map = [&](ArrayRef<AffineExpr> results) {
    return AffineMap::get(5, 0, results, b.getContext());
  };
  SmallVector<AffineExpr> read = results;
  read[axis] = read[axis] * stride + step;
  AffineMap maps[] = {map(read), map({step}), map(results)};
  SmallVector<utils::IteratorType> iterators(4, utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  return linalg::GenericOp::create(b, TypeRange(init.getType()),
                                   ValueRange{value, window}, ValueRange(init),
                                   maps, iterators, buildMaximum)
      .getResult(0);
}

/// Columns of windows first, then rows, on the padded input.
static Value lowerMaxPool(tosa::MaxPool2dOp op, RankedTensorType in,
                          RankedTensorType out) {
  OpBuilder builder(op);
  ImplicitLocOpBuilder b(op.getLoc(), builder);
  Type element = in.getElementType();
  Value least = arith::ConstantOp::create(
      b,
      b.getFloatAttr(
          element, APFloat::getInf(cast<FloatType>(element).getFloatSemantics(),
                                   /*Negative=*/true)));
  SmallVector<OpFoldResult> low(4, b.getIndexAttr(0)), high = low;
  SmallVector<int64_t> shape(in.getShape());
  for (int i = 0; i < 2; ++i) {
    int64_t before = op.getPad()[2 * i], extent = in.getDimSize(i + 1);
    int64_t reach =
        (out.getDimSize(i + 1) - 1) * op.getStride()[i] + op.getKernel()[i];
    int64_t after = std::max<int64_t>(0, reach - before - extent);
    low[i + 1] = b.getIndexAttr(before);
    high[i + 1] = b.getIndexAttr(after);
    shape[i + 1] = before + extent + after;
  }
  Value value = tensor::PadOp::create(b, RankedTensorType::get(shape, element),
                                      op.getInput(), low, high, least);
  for (int i = 0; i < 2; ++i)
    value = reduceWindows(b, value, i + 1, out.getDimSize(i + 1),
                          op.getKernel()[i], op.getStride()[i], least);
  return value;
}

namespace {
struct LowerMaxPool : lw::impl::LwLowerMaxPoolBase<LowerMaxPool> {
  using LwLowerMaxPoolBase::LwLowerMaxPoolBase;

  void runOnOperation() override {
    getOperation()->walk([](tosa::MaxPool2dOp op) {
      auto in = dyn_cast<RankedTensorType>(op.getInput().getType());
      auto out = dyn_cast<RankedTensorType>(op.getType());
      if (op.getNanMode() != tosa::NanPropagationMode::IGNORE || !in || !out ||
          !in.hasStaticShape() || !out.hasStaticShape() ||
          !isa<FloatType>(in.getElementType()))
        return;
      op.replaceAllUsesWith(lowerMaxPool(op, in, out));
      op.erase();
    });
  }
};
} // namespace

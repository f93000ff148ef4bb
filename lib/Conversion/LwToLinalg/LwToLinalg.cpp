//===- LwToLinalg.cpp - Lower lw to linalg
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The slow and obvious meaning of every lw operation, the reference for faster
// lowerings. Floats narrower than f32 accumulate in f32. Batch and image
// extents may be dynamic.
//
//===----------------------------------------------------------------------===//

#include "LwToLinalg.h"
#include "../TensorUtils.h"
#include "Image.h"
#include "Indices.h"
#include "lw/Conversion/Passes.h"
#include "lw/Dialect/IR/BatchNorm.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/DialectConversion.h"

namespace mlir::lw {
#define GEN_PASS_DEF_CONVERTLWTOLINALG
#include "lw/Conversion/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {
struct LowerBatchNorm : OpRewritePattern<BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BatchNormOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Type elementType = tensorTypeOf(op.getInput()).getElementType();
    Type computeType = accumulatorType(elementType);
    Value result = mapElements(
        b, op.getOperands(),
        tensor::getMixedSizes(b, b.getLoc(), op.getInput()), elementType,
        [&](OpBuilder &nested, Location location, ValueRange values) -> Value {
          ImplicitLocOpBuilder n(location, nested);
          SmallVector<Value> v;
          for (Value value : values)
            v.push_back(castFloat(n, location, value, computeType));
          Value epsilon = arith::ConstantOp::create(
              n,
              n.getFloatAttr(computeType, op.getEpsilon().convertToDouble()));
          Value deviation = math::SqrtOp::create(
              n, arith::AddFOp::create(n, v[4], epsilon).getResult());
          Value centered = arith::SubFOp::create(n, v[0], v[3]);
          Value scaled = arith::MulFOp::create(n, v[1], centered);
          Value normal = arith::DivFOp::create(n, scaled, deviation);
          return castFloat(n, location, arith::AddFOp::create(n, normal, v[2]),
                           elementType);
        });
    // Only extents that the type does not know may differ.
    if (result.getType() != op.getType())
      result = tensor::CastOp::create(b, op.getType(), result);
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerChannelShuffle : OpRewritePattern<ChannelShuffleOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ChannelShuffleOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    unsigned last = tensorTypeOf(op.getInput()).getRank() - 1;
    int64_t groups = op.getGroups();
    int64_t perGroup = tensorTypeOf(op.getInput()).getDimSize(last) / groups;
    Value split = splitDimension(b, op.getInput(), last, groups, perGroup);
    auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, last + 2));
    std::swap(permutation[last], permutation[last + 1]);
    rewriter.replaceOp(
        op, mergeDimensions(b, transpose(b, split, permutation), last));
    return success();
  }
};

/// Tensors have no layout.
struct DropConvertLayout : OpRewritePattern<ConvertLayoutOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConvertLayoutOp op,
                                PatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

struct ConvertLwToLinalg : lw::impl::ConvertLwToLinalgBase<ConvertLwToLinalg> {
  void getDependentDialects(DialectRegistry &registry) const override {
    ConvertLwToLinalgBase::getDependentDialects(registry);
    // Broadcasts in tosa of extents that are not known.
    registry.insert<scf::SCFDialect>();
  }

  /// Channels and window extents decide the shape of the code.
  static LogicalResult checkStatic(Operation *op) {
    auto fail = [&](Value value) {
      return op->emitOpError("expects static channel and filter extents to be "
                             "lowered to linalg, found ")
             << value.getType();
    };
    if (auto conv = dyn_cast<ConvolutionOpInterface>(op)) {
      for (Value filter : conv.getConvFilters())
        if (!cast<ShapedType>(filter.getType()).hasStaticShape())
          return fail(filter);
    }
    if (isa<ConvolutionOpInterface, BatchNormOp, ChannelShuffleOp>(op)) {
      auto type = cast<ShapedType>(op->getOperand(0).getType());
      if (ShapedType::isDynamic(type.getShape().back()))
        return fail(op->getOperand(0));
    }
    return success();
  }

  void runOnOperation() override {
    WalkResult checked = getOperation()->walk([](Operation *op) {
      auto norm = dyn_cast<BatchNormOp>(op);
      return failed(checkStatic(op)) || failed(checkStaticRows(op)) ||
                     (norm && failed(checkParameters(norm)))
                 ? WalkResult::interrupt()
                 : WalkResult::advance();
    });
    if (checked.wasInterrupted())
      return signalPassFailure();

    materializeConstants(getOperation());
    ConversionTarget target(getContext());
    target.addIllegalDialect<LwDialect>();
    target.markUnknownOpDynamicallyLegal(
        [](Operation *op) { return !isWrittenByPasses(op); });
    TypeConverter converter;
    RewritePatternSet patterns(&getContext());
    patterns.add<LowerBatchNorm, LowerChannelShuffle, DropConvertLayout>(
        &getContext());
    populateConvolutionPatterns(patterns);
    populateImagePatterns(patterns);
    populateQuantizedPatterns(patterns);
    populateIndexPatterns(patterns);
    populateRecurrentPatterns(patterns);
    populateRowPatterns(patterns);
    populateTosaPatterns(converter, patterns);
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      return signalPassFailure();
    eraseDeadConstants(getOperation());
  }
};
} // namespace

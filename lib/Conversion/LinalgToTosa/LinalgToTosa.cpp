//===- LinalgToTosa.cpp - Raise linalg and tensor operations to tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One walk in the order of the program: whatever an operation reads has been
// raised before, or stays. What the convolutions were is lw already
// (--convert-linalg-to-lw).
//
//===----------------------------------------------------------------------===//

#include "LinalgToTosa.h"
#include "lw/Conversion/Passes.h"
#include "lw/Dialect/IR/LwDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace mlir::lw {
#define GEN_PASS_DEF_CONVERTLINALGTOTOSA
#include "lw/Conversion/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

/// What the raising is about; memory and what gives scalars stay.
static bool isCandidate(Operation *op) {
  if (isa<tensor::EmptyOp, tensor::DimOp, tensor::CastOp, tensor::ExtractOp,
          linalg::YieldOp>(op))
    return false;
  return isa<linalg::LinalgDialect, tensor::TensorDialect>(op->getDialect());
}

static Raised raise(TosaBuilder &b, Operation *op) {
  if (op->getNumResults() == 0)
    return Raised::no("it is not on tensors");
  for (Type type :
       llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes()))
    if (isa<ShapedType>(type) && !isStaticTensor(type)) {
      std::string text;
      llvm::raw_string_ostream(text) << type;
      return Raised::no("a type of it is " + Twine(text) +
                        ", expected a tensor of numbers whose extents are "
                        "known (--batch=N, --shape) and not zero");
    }
  if (isa<linalg::FillOp>(op))
    return raiseMove(b, op);
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp)
    return raiseMove(b, op);
  if (!linalgOp.hasPureTensorSemantics())
    return Raised::no("it is not on tensors");
  if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
    SmallVector<Value> constants;
    for (DenseElementsAttr value : evaluateGeneric(generic))
      constants.push_back(tosa::ConstOp::create(
          b, cast<RankedTensorType>(value.getType()), value));
    if (!constants.empty())
      return constants;
  }
  if (linalgOp.getNumLoops() == linalgOp.getNumParallelLoops())
    return raiseElementwise(b, linalgOp);
  if (linalg::isaContractionOpInterface(linalgOp) || isQuantizedProduct(op))
    if (Raised product = raiseContraction(b, linalgOp))
      return product;
  if (linalg::isaConvolutionOpInterface(linalgOp) &&
      !isa<linalg::GenericOp>(op))
    return raisePooling(b, linalgOp);
  for (AffineMap map : linalgOp.getIndexingMapsArray())
    if (!map.isProjectedPermutation(/*allowZeroInResults=*/true))
      return Raised::no("its operands are not indexed by its loops");
  return raiseReduction(b, linalgOp);
}

namespace {
struct ConvertLinalgToTosa
    : lw::impl::ConvertLinalgToTosaBase<ConvertLinalgToTosa> {
  using Base::Base;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<Operation *> operations;
    for (Block &block : getOperation().getBody())
      for (Operation &op : block)
        if (isCandidate(&op))
          operations.push_back(&op);
    for (Operation *op : operations)
      if (!isa<linalg::FillOp>(op))
        raiseOne(op, rewriter);
    // Most fills were the beginning of something else and have no reader now.
    for (Operation *op : llvm::reverse(operations))
      if (!raised.contains(op) && isOpTriviallyDead(op)) {
        rewriter.eraseOp(op);
        raised.insert(op);
      }
    // What stays linalg keeps its fills.
    for (Operation *op : operations)
      if (!raised.contains(op) && isa<linalg::FillOp>(op) &&
          llvm::any_of(op->getUsers(),
                       [](Operation *user) { return !isCandidate(user); }))
        raiseOne(op, rewriter);
    if (remarks) {
      for (Operation *op : operations)
        if (!raised.contains(op) && !isa<linalg::FillOp>(op))
          op->emitRemark("not raised to tosa: ") << reasons[op];
      getOperation().walk([&](linalg::LinalgOp op) {
        if (op->getParentOp() != getOperation())
          op->emitRemark("not raised to tosa: it is inside of '")
              << op->getParentOp()->getName() << "'";
      });
    }
    raised.clear();
    reasons.clear();
  }

  void raiseOne(Operation *op, IRRewriter &rewriter) {
    rewriter.setInsertionPoint(op);
    TosaBuilder b(op->getLoc(), rewriter);
    // What a failure leaves behind has no reader.
    Operation *before = op->getPrevNode();
    Raised result = raise(b, op);
    if (result) {
      for (auto [old, value] : llvm::zip(op->getResults(), result.values))
        if (value)
          rewriter.replaceAllUsesWith(old, value);
      rewriter.eraseOp(op);
      raised.insert(op);
      ++numRaised;
      return;
    }
    reasons[op] = result.reason;
    while (op->getPrevNode() != before)
      rewriter.eraseOp(op->getPrevNode());
  }

  DenseSet<Operation *> raised;
  DenseMap<Operation *, std::string> reasons;
};
} // namespace

//===- GatherOneHot.cpp - Products of one-hot rows as rows of a table
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
// Frameworks without an embedding layer multiply a matrix by rows that are one
// at an index and zero elsewhere: as many multiplications as the matrix has
// elements, to copy one of its rows.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/Quantization.h"
#include "lw/Transforms/Passes.h"
#include "lw/Transforms/Patterns.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Utils/ConversionUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWGATHERONEHOT
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

/// Rows that are one at an index.
struct OneHotRows {
  Value indices;
  /// A negative index counts from the end.
  bool wraps;
};

} // namespace

/// True for a constant of 0, 1, 2, ... along its last dimension, the only one.
static bool isIota(Value value) {
  DenseIntElementsAttr elements;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !matchPattern(value, m_Constant(&elements)) ||
      type.getShape().back() != type.getNumElements())
    return false;
  for (auto [i, element] : llvm::enumerate(elements.getValues<APInt>()))
    if (element != i)
      return false;
  return true;
}

/// tosa.cast(tosa.equal(indices, iota)) and lw.one_hot of zero and one, along
/// the last dimension.
static std::optional<OneHotRows> matchOneHot(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  if (auto oneHot = value.getDefiningOp<OneHotOp>()) {
    std::optional<std::vector<float>> values = readConstant(oneHot.getValues());
    if (static_cast<int64_t>(oneHot.getAxis()) != type.getRank() - 1 ||
        !values || ArrayRef<float>(*values) != ArrayRef<float>{0.0f, 1.0f})
      return std::nullopt;
    return OneHotRows{oneHot.getIndices(), /*wraps=*/true};
  }
  auto cast = value.getDefiningOp<tosa::CastOp>();
  auto equal = cast ? cast.getInput().getDefiningOp<tosa::EqualOp>() : nullptr;
  if (!equal)
    return std::nullopt;
  for (unsigned i : {0u, 1u}) {
    Value indices = equal->getOperand(i);
    auto indexType = dyn_cast<RankedTensorType>(indices.getType());
    // Every index meets every number.
    if (indexType && isIota(equal->getOperand(1 - i)) &&
        (indexType.getElementType().isInteger(32) ||
         indexType.getElementType().isInteger(64)) &&
        indexType.getShape().back() == 1 &&
        indexType.getNumElements() * type.getShape().back() ==
            type.getNumElements())
      return OneHotRows{indices, /*wraps=*/false};
  }
  return std::nullopt;
}

/// What the layer makes of each row: of none, of those of its filter (twice
/// where negative indices count from the end), and of none again.
static std::optional<std::vector<float>> tableOf(PointwiseConv2DOp conv,
                                                 bool wraps) {
  std::optional<std::vector<float>> filter = readConstant(conv.getFilter());
  std::vector<float> bias(conv.getType().getDimSize(3));
  if (conv.getBias()) {
    std::optional<std::vector<float>> given = readConstant(conv.getBias());
    if (!given)
      return std::nullopt;
    bias = *given;
  }
  // Zero times infinity is not zero.
  if (!filter ||
      !llvm::all_of(*filter, [](float v) { return std::isfinite(v); }))
    return std::nullopt;
  ActivationAttr activation = conv.getActivationAttr();
  auto activate = [&](float v) { return activation ? activation.apply(v) : v; };
  std::vector<float> table;
  auto addRow = [&](const float *row) {
    for (auto [o, shift] : llvm::enumerate(bias))
      table.push_back(activate(row ? row[o] + shift : shift));
  };
  addRow(nullptr);
  for (int64_t copy = 0; copy <= wraps; ++copy)
    for (size_t row = 0; row < filter->size(); row += bias.size())
      addRow(filter->data() + row);
  addRow(nullptr);
  return table;
}

namespace {

struct GatherOneHot : OpRewritePattern<PointwiseConv2DOp> {
  GatherOneHot(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context), count(count) {}
  LogicalResult matchAndRewrite(PointwiseConv2DOp op,
                                PatternRewriter &rewriter) const override {
    auto inputType = cast<RankedTensorType>(op.getInput().getType());
    RankedTensorType type = op.getType();
    if (op.getResidual() || op.getQuantizationAttr() ||
        !type.hasStaticShape() || !inputType.hasStaticShape() ||
        !inputType.getElementType().isF32() ||
        !llvm::all_of(op.getStrides(), [](int64_t s) { return s == 1; }))
      return failure();
    // Reshapes may regroup rows.
    Value rows = op.getInput();
    int64_t extent = inputType.getShape().back();
    auto reshape = rows.getDefiningOp<tosa::ReshapeOp>();
    if (reshape)
      rows = reshape.getInput1();
    auto rowsType = dyn_cast<RankedTensorType>(rows.getType());
    if (!rowsType || !rowsType.hasStaticShape() || rowsType.getRank() == 0 ||
        rowsType.getShape().back() != extent)
      return failure();
    std::optional<OneHotRows> oneHot = matchOneHot(rows);
    std::optional<std::vector<float>> table =
        oneHot ? tableOf(op, oneHot->wraps) : std::nullopt;
    if (!table)
      return failure();

    Location location = op.getLoc();
    int64_t width = type.getDimSize(3), pixels = type.getNumElements() / width;
    int64_t tableRows = static_cast<int64_t>(table->size()) / width;
    auto indexType = cast<RankedTensorType>(oneHot->indices.getType());
    auto flat = RankedTensorType::get({pixels}, indexType.getElementType());
    auto shapeOf = [&](ArrayRef<int64_t> shape) {
      return tosa::getTosaConstShape(rewriter, location, shape);
    };
    auto number = [&](int64_t value) -> Value {
      auto one = RankedTensorType::get({1}, flat.getElementType());
      return tosa::ConstOp::create(
          rewriter, location, one,
          DenseElementsAttr::get(
              one, APInt(flat.getElementTypeBitWidth(), value, true)));
    };
    // Row `before` is that of index 0; what is nowhere on reads the first row
    // or the last.
    int64_t before = oneHot->wraps ? extent + 1 : 1;
    Value indices = tosa::ReshapeOp::create(rewriter, location, flat,
                                            oneHot->indices, shapeOf({pixels}));
    indices = tosa::MaximumOp::create(rewriter, location, flat, indices,
                                      number(-before));
    indices = tosa::MinimumOp::create(rewriter, location, flat, indices,
                                      number(extent));
    indices =
        tosa::AddOp::create(rewriter, location, flat, indices, number(before));
    Value gathered =
        GatherOp::create(rewriter, location, type.clone({pixels, width}),
                         createConstant(rewriter, location, {tableRows, width},
                                        ArrayRef<float>(*table)),
                         indices, /*axis=*/0);
    rewriter.replaceOpWithNewOp<tosa::ReshapeOp>(op, type, gathered,
                                                 shapeOf(type.getShape()));
    ++count;
    return success();
  }
  RewriteCount count;
};

} // namespace

void lw::populateGatherOneHotPatterns(RewritePatternSet &patterns,
                                      RewriteCount gathered) {
  patterns.add<GatherOneHot>(patterns.getContext(), gathered);
}

namespace {

struct GatherOneHotPass : lw::impl::LwGatherOneHotBase<GatherOneHotPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateGatherOneHotPatterns(patterns, numGathered);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

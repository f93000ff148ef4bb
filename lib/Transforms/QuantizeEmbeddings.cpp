//===- QuantizeEmbeddings.cpp - Tables of bytes with a scale a row
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwIndexOps.h"
#include "lw/Dialect/IR/Quantization.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/ADT/MapVector.h"
#include <cmath>

namespace mlir::lw {
#define GEN_PASS_DEF_LWQUANTIZEEMBEDDINGS
#include "lw/Transforms/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

/// A table as bytes, and the scale of each of its rows.
struct ByteTable {
  Value bytes, scales;
};

} // namespace

/// Rows that choose the rows of a constant table; null for others.
static GatherOp rowsOf(OpOperand &use) {
  auto gather = dyn_cast<GatherOp>(use.getOwner());
  return gather && use.getOperandNumber() == 0 && gather.getAxis() == 0
             ? gather
             : GatherOp();
}

/// std::nullopt where an element is not finite.
static std::optional<ByteTable> quantizeTable(OpBuilder &builder, Value table) {
  auto type = cast<RankedTensorType>(table.getType());
  std::optional<std::vector<float>> elements = readConstant(table);
  if (!elements)
    return std::nullopt;
  int64_t rows = type.getDimSize(0), width = type.getNumElements() / rows;
  std::vector<int32_t> bytes(elements->size());
  std::vector<float> scales(rows);
  for (int64_t row = 0; row < rows; ++row) {
    ArrayRef<float> values(elements->data() + row * width, width);
    float greatest = 0.0f;
    for (float value : values) {
      if (!std::isfinite(value))
        return std::nullopt;
      greatest = std::max(greatest, std::abs(value));
    }
    float scale = greatest / 127.0f;
    // Rows that are too small for a scale are zeros.
    scales[row] = std::isnormal(scale) ? scale : 1.0f;
    for (int64_t i = 0; i < width; ++i)
      bytes[row * width + i] =
          static_cast<int32_t>(std::lrint(values[i] / scales[row]));
  }
  SmallVector<int64_t> one(type.getRank(), 1);
  one[0] = rows;
  Location location = table.getLoc();
  return ByteTable{
      createIntegers(builder, location, type.clone(builder.getI8Type()), bytes),
      createConstant(builder, location, one, ArrayRef<float>(scales))};
}

static void replaceRows(GatherOp gather, const ByteTable &table) {
  OpBuilder builder(gather);
  Location location = gather.getLoc();
  auto type = cast<RankedTensorType>(gather.getType());
  Value bytes =
      GatherOp::create(builder, location, type.clone(builder.getI8Type()),
                       table.bytes, gather.getIndices(), /*axis=*/0);
  Value steps = DequantizeOp::create(
      builder, location, bytes,
      QuantAttr::get(builder.getContext(), /*isUnsigned=*/false, APFloat(1.0f),
                     /*zeroPoint=*/0));
  SmallVector<int64_t> shape(type.getShape());
  int64_t inner = cast<ShapedType>(gather.getTable().getType()).getRank() - 1;
  std::fill(shape.end() - inner, shape.end(), 1);
  Value scales = GatherOp::create(builder, location, type.clone(shape),
                                  table.scales, gather.getIndices(),
                                  /*axis=*/0);
  auto shiftType = RankedTensorType::get({1}, builder.getI8Type());
  Value shift = tosa::ConstOp::create(
      builder, location, shiftType,
      DenseElementsAttr::get(shiftType, static_cast<int8_t>(0)));
  Value product =
      tosa::MulOp::create(builder, location, type, steps, scales, shift);
  gather.replaceAllUsesWith(product);
  gather.erase();
}

namespace {
struct QuantizeEmbeddings
    : lw::impl::LwQuantizeEmbeddingsBase<QuantizeEmbeddings> {
  using LwQuantizeEmbeddingsBase::LwQuantizeEmbeddingsBase;

  void runOnOperation() override {
    llvm::MapVector<Value, SmallVector<GatherOp>> tables;
    getOperation().walk([&](GatherOp gather) {
      auto type = dyn_cast<RankedTensorType>(gather.getTable().getType());
      auto result = dyn_cast<RankedTensorType>(gather.getType());
      if (type && result && type.getElementType().isF32() &&
          type.hasStaticShape() && type.getRank() > 1 &&
          type.getNumElements() >= leastElements &&
          isConstantFloat(gather.getTable()))
        tables[gather.getTable()];
    });
    for (auto &[table, gathers] : tables) {
      // Reals that something else reads have to stay.
      bool all = true;
      for (OpOperand &use : table.getUses()) {
        GatherOp gather = rowsOf(use);
        all &= gather != GatherOp();
        gathers.push_back(gather);
      }
      OpBuilder builder(table.getDefiningOp());
      std::optional<ByteTable> bytes;
      if (all)
        bytes = quantizeTable(builder, table);
      if (!bytes)
        continue;
      ++numTables;
      for (GatherOp gather : gathers)
        replaceRows(gather, *bytes);
      table.getDefiningOp()->erase();
    }
  }
};
} // namespace

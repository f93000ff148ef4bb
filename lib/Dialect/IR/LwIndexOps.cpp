//===- LwIndexOps.cpp - Operations on indices
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwIndexOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::lw;

#define GET_OP_CLASSES
#include "lw/Dialect/IR/LwIndexOps.cpp.inc"

using Extents = SmallVector<int64_t>;

/// The extents of a value; std::nullopt where its rank is unknown.
static std::optional<Extents> extentsOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return std::nullopt;
  return Extents(type.getShape());
}

/// Fails unless `value` may have the extents `wanted`.
static LogicalResult checkExtents(Operation *op, StringRef what, Value value,
                                  ArrayRef<int64_t> wanted) {
  auto type = cast<ShapedType>(value.getType());
  if (!type.hasRank() ||
      succeeded(verifyCompatibleShape(type.getShape(), wanted)))
    return success();
  return op->emitOpError("expects ")
         << what << " of shape [" << wanted << "], found " << type;
}

static LogicalResult checkElements(Operation *op, StringRef what, Value value,
                                   Value like) {
  if (getElementTypeOrSelf(value) == getElementTypeOrSelf(like))
    return success();
  return op->emitOpError("expects ")
         << what << " with elements of " << getElementTypeOrSelf(like)
         << ", found " << value.getType();
}

static LogicalResult checkAxis(Operation *op, int64_t axis, int64_t rank) {
  if (axis < rank)
    return success();
  return op->emitOpError("expects an axis below ")
         << rank << ", found " << axis;
}

LogicalResult GatherOp::verify() {
  std::optional<Extents> table = extentsOf(getTable()),
                         indices = extentsOf(getIndices());
  if (!table || !indices)
    return success();
  int64_t axis = getAxis();
  if (failed(checkAxis(*this, axis, table->size())) ||
      failed(checkElements(*this, "a result", getOutput(), getTable())))
    return failure();
  if ((*table)[axis] == 0)
    return emitOpError("expects a table that is not empty");
  Extents wanted(ArrayRef(*table).take_front(axis));
  wanted.append(*indices);
  wanted.append(table->begin() + axis + 1, table->end());
  return checkExtents(*this, "a result", getOutput(), wanted);
}

/// The indices of an operation on elements: of the input's rank, and no larger
/// beside the axis.
static LogicalResult checkElementIndices(Operation *op, Value input,
                                         Value indices, int64_t axis) {
  std::optional<Extents> from = extentsOf(input), at = extentsOf(indices);
  if (!from || !at)
    return success();
  if (failed(checkAxis(op, axis, from->size())))
    return failure();
  if (from->size() != at->size())
    return op->emitOpError("expects indices of rank ")
           << from->size() << ", found " << indices.getType();
  for (int64_t i = 0, e = from->size(); i < e; ++i) {
    if (ShapedType::isDynamic((*from)[i]) || ShapedType::isDynamic((*at)[i]))
      continue;
    if (i == axis ? (*from)[i] == 0 && (*at)[i] > 0 : (*at)[i] > (*from)[i])
      return op->emitOpError("expects indices that are no larger than ")
             << input.getType() << " beside the axis, found "
             << indices.getType();
  }
  return success();
}

LogicalResult GatherElementsOp::verify() {
  if (failed(checkElementIndices(*this, getInput(), getIndices(), getAxis())) ||
      failed(checkElements(*this, "a result", getOutput(), getInput())))
    return failure();
  std::optional<Extents> indices = extentsOf(getIndices());
  return indices ? checkExtents(*this, "a result", getOutput(), *indices)
                 : success();
}

/// Of an operation on tuples of indices: the number of indices of a tuple;
/// std::nullopt where it is not known.
static FailureOr<std::optional<int64_t>> tupleSize(Operation *op,
                                                   ArrayRef<int64_t> input,
                                                   ArrayRef<int64_t> indices,
                                                   int64_t batchDims) {
  int64_t rank = input.size(), indexRank = indices.size();
  if (indexRank < 1 || batchDims >= std::min(rank + 1, indexRank)) {
    op->emitOpError("expects indices of more than ")
        << batchDims << " dimensions, and an input of as many";
    return failure();
  }
  int64_t size = indices.back();
  if (ShapedType::isDynamic(size))
    return std::optional<int64_t>();
  if (size < 1 || size > rank - batchDims) {
    op->emitOpError("expects tuples of 1 to ")
        << rank - batchDims << " indices, found " << size;
    return failure();
  }
  for (int64_t extent : input.slice(batchDims, size))
    if (extent == 0) {
      op->emitOpError("expects an input that is not empty");
      return failure();
    }
  return std::optional<int64_t>(size);
}

LogicalResult GatherNDOp::verify() {
  std::optional<Extents> input = extentsOf(getInput()),
                         indices = extentsOf(getIndices());
  if (!input || !indices)
    return success();
  int64_t batchDims = getBatchDims();
  auto size = tupleSize(*this, *input, *indices, batchDims);
  if (failed(size) ||
      failed(checkElements(*this, "a result", getOutput(), getInput())))
    return failure();
  ArrayRef<int64_t> batch = ArrayRef(*input).take_front(batchDims);
  if (failed(verifyCompatibleShape(batch,
                                   ArrayRef(*indices).take_front(batchDims))))
    return emitOpError("expects operands whose first ")
           << batchDims << " extents are equal";
  if (!*size)
    return success();
  Extents wanted(ArrayRef(*indices).drop_back());
  wanted.append(input->begin() + batchDims + **size, input->end());
  return checkExtents(*this, "a result", getOutput(), wanted);
}

LogicalResult OneHotOp::verify() {
  if (failed(checkExtents(*this, "values", getValues(), {2})) ||
      failed(checkElements(*this, "a result", getOutput(), getValues())))
    return failure();
  std::optional<Extents> indices = extentsOf(getIndices()),
                         output = extentsOf(getOutput());
  if (!indices || !output)
    return success();
  if (failed(checkAxis(*this, getAxis(), indices->size() + 1)))
    return failure();
  if (output->size() == indices->size() + 1)
    output->erase(output->begin() + getAxis());
  if (failed(verifyCompatibleShape(*output, *indices)))
    return emitOpError("expects the indices' shape beside the axis, found ")
           << getOutput().getType();
  return success();
}

LogicalResult ScatterElementsOp::verify() {
  if (failed(checkElementIndices(*this, getInput(), getIndices(), getAxis())) ||
      failed(checkElements(*this, "updates", getUpdates(), getInput())))
    return failure();
  std::optional<Extents> indices = extentsOf(getIndices());
  return indices ? checkExtents(*this, "updates", getUpdates(), *indices)
                 : success();
}

LogicalResult ScatterNDOp::verify() {
  std::optional<Extents> input = extentsOf(getInput()),
                         indices = extentsOf(getIndices());
  if (!input || !indices)
    return success();
  auto size = tupleSize(*this, *input, *indices, 0);
  if (failed(size) ||
      failed(checkElements(*this, "updates", getUpdates(), getInput())))
    return failure();
  if (!*size)
    return success();
  Extents wanted(ArrayRef(*indices).drop_back());
  wanted.append(input->begin() + **size, input->end());
  return checkExtents(*this, "updates", getUpdates(), wanted);
}

LogicalResult TopKOp::verify() {
  std::optional<Extents> input = extentsOf(getInput()),
                         output = extentsOf(getOutput());
  if (!input || !output)
    return success();
  int64_t axis = getAxis();
  if (failed(checkAxis(*this, axis, input->size())) ||
      failed(checkAxis(*this, axis, output->size())))
    return failure();
  int64_t n = (*input)[axis], k = (*output)[axis];
  if (!ShapedType::isDynamic(n) && !ShapedType::isDynamic(k) && k > n)
    return emitOpError("expects at most ")
           << n << " elements along axis " << axis << ", found " << k;
  (*input)[axis] = k;
  return checkExtents(*this, "a result", getOutput(), *input);
}

LogicalResult CumSumOp::verify() {
  std::optional<Extents> input = extentsOf(getInput());
  return input ? checkAxis(*this, getAxis(), input->size()) : success();
}

LogicalResult GridSampleOp::verify() {
  std::optional<Extents> input = extentsOf(getInput()),
                         grid = extentsOf(getGrid());
  if (!input || !grid)
    return success();
  int64_t rank = input->size();
  if ((rank != 4 && rank != 5) || grid->size() != input->size())
    return emitOpError("expects input and grid of rank 4 or 5, found ")
           << getInput().getType() << " and " << getGrid().getType();
  Extents wanted(*grid);
  wanted[0] = (*input)[0];
  wanted.back() = rank - 2;
  if (failed(checkExtents(*this, "a grid", getGrid(), wanted)))
    return failure();
  wanted.back() = input->back();
  return checkExtents(*this, "a result", getOutput(), wanted);
}

/// The result of pooling `rois`: one image for each, of any height and width.
static LogicalResult checkPooled(Operation *op, Value input, Value rois,
                                 Value output, int64_t columns) {
  std::optional<Extents> in = extentsOf(input), regions = extentsOf(rois),
                         out = extentsOf(output);
  if (!in || !regions || !out)
    return success();
  if (failed(checkExtents(op, "regions", rois, {regions->front(), columns})))
    return failure();
  return checkExtents(op, "a result", output,
                      {regions->front(), (*out)[1], (*out)[2], in->back()});
}

LogicalResult RoiAlignOp::verify() {
  std::optional<Extents> rois = extentsOf(getRois());
  if (rois && failed(checkExtents(*this, "indices", getBatchIndices(),
                                  {rois->front()})))
    return failure();
  return checkPooled(*this, getInput(), getRois(), getOutput(), 4);
}

LogicalResult MaxRoiPoolOp::verify() {
  return checkPooled(*this, getInput(), getRois(), getOutput(), 5);
}

LogicalResult NonMaxSuppressionOp::verify() {
  std::optional<Extents> boxes = extentsOf(getBoxes()),
                         scores = extentsOf(getScores()),
                         out = extentsOf(getOutput());
  if (!boxes || !scores || !out)
    return success();
  if (failed(checkExtents(*this, "boxes", getBoxes(),
                          {(*scores)[0], (*scores)[2], 4})))
    return failure();
  int64_t lists = (*scores)[0] * (*scores)[1];
  if ((*out)[1] != 3 || (*out)[0] % lists != 0)
    return emitOpError("expects a result of 3 columns and as many rows for "
                       "each of ")
           << lists << " classes";
  return success();
}

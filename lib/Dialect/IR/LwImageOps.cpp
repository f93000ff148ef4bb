//===- LwImageOps.cpp - Operations on images
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwImageOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::lw;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<ShapedType>(value.getType()).getShape();
}

/// Both operations are of known shapes and do not change the element type.
static LogicalResult verifyMove(Operation *op) {
  Type element = getElementTypeOrSelf(op->getResult(0).getType());
  SmallVector<Type> types(op->getOperandTypes());
  types.append(op->result_type_begin(), op->result_type_end());
  for (Type type : types) {
    auto ranked = dyn_cast<RankedTensorType>(type);
    if (!ranked || !ranked.hasStaticShape())
      return op->emitOpError("expects static shapes, found ") << type;
    if (ranked.getElementType() != element)
      return op->emitOpError("expects one element type, found ")
             << ranked.getElementType() << " and " << element;
  }
  return success();
}

std::pair<unsigned, int64_t> InterleaveOp::sourceOf(int64_t phase) {
  int64_t channel = getOrder()[phase] * shapeOf(getOutput())[3];
  for (auto [i, input] : llvm::enumerate(getInputs())) {
    int64_t channels = shapeOf(input)[3];
    if (channel < channels)
      return {static_cast<unsigned>(i), channel};
    channel -= channels;
  }
  llvm_unreachable("the verifier has checked the order");
}

LogicalResult InterleaveOp::verify() {
  if (getInputs().empty())
    return emitOpError("expects at least one input");
  if (failed(verifyMove(*this)))
    return failure();
  ArrayRef<int64_t> strides = getStrides(), out = shapeOf(getOutput()),
                    first = shapeOf(getInputs().front());
  if (strides[0] < 1 || strides[1] < 1)
    return emitOpError("expects strides of at least 1");
  if (out[3] < 1)
    return emitOpError("expects at least one channel");
  int64_t groups = 0;
  for (Value input : getInputs()) {
    ArrayRef<int64_t> shape = shapeOf(input);
    if (shape.drop_back() != first.drop_back())
      return emitOpError("expects inputs that differ in their channels only");
    if (shape[3] % out[3] != 0)
      return emitOpError("expects channels (")
             << shape[3] << ") to be divisible by those of the result ("
             << out[3] << ")";
    groups += shape[3] / out[3];
  }
  if (out[0] != first[0] || out[1] != first[1] * strides[0] ||
      out[2] != first[2] * strides[1])
    return emitOpError("expects a result of ")
           << first[0] << "x" << first[1] * strides[0] << "x"
           << first[2] * strides[1] << " pixels";
  if (static_cast<int64_t>(getOrder().size()) != strides[0] * strides[1])
    return emitOpError("expects an order of ")
           << strides[0] * strides[1] << " groups, found " << getOrder().size();
  for (int64_t group : getOrder())
    if (group < 0 || group >= groups)
      return emitOpError("expects an order of groups from 0 to ")
             << groups - 1 << ", found " << group;
  return success();
}

int64_t InterpolateOp::taps() {
  int64_t extent = shapeOf(getOutput())[getAxis()];
  return extent ? getIndices().size() / extent : 1;
}

LogicalResult InterpolateOp::verify() {
  if (failed(verifyMove(*this)))
    return failure();
  ArrayRef<int64_t> in = shapeOf(getInput()), out = shapeOf(getOutput());
  int64_t axis = getAxis();
  if (axis < 0 || axis >= static_cast<int64_t>(in.size()))
    return emitOpError("expects an axis from 0 to ")
           << static_cast<int64_t>(in.size()) - 1 << ", found " << axis;
  if (in.size() != out.size() || in.take_front(axis) != out.take_front(axis) ||
      in.drop_front(axis + 1) != out.drop_front(axis + 1))
    return emitOpError("expects shapes that differ in dimension ")
           << axis << " only";
  int64_t count = getIndices().size();
  if (count == 0 || out[axis] == 0 || count % out[axis] != 0)
    return emitOpError("expects as many indices for each of the ")
           << out[axis] << " elements, found " << count;
  if (getWeights().empty()) {
    if (count != out[axis])
      return emitOpError("expects weights for sums of several elements");
  } else {
    if (!isa<FloatType>(getElementTypeOrSelf(getOutput().getType())))
      return emitOpError("expects weights for floats only");
    if (static_cast<int64_t>(getWeights().size()) != count)
      return emitOpError("expects a weight for each of the ")
             << count << " indices, found " << getWeights().size();
  }
  for (int32_t index : getIndices())
    if (index < 0 || index >= in[axis])
      return emitOpError("expects indices from 0 to ")
             << in[axis] - 1 << ", found " << index;
  return success();
}

#define GET_OP_CLASSES
#include "lw/Dialect/IR/LwImageOps.cpp.inc"

//===- Pooling.cpp - Windows of images to tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "LinalgToTosa.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

struct PoolForm {
  bool isMax, channelsFirst;
  int64_t rank;
};

} // namespace

static std::optional<PoolForm> getForm(Operation *op) {
  using Form = std::optional<PoolForm>;
  return llvm::TypeSwitch<Operation *, Form>(op)
      .Case([](linalg::PoolingNchwMaxOp) { return PoolForm{true, true, 2}; })
      .Case([](linalg::PoolingNchwSumOp) { return PoolForm{false, true, 2}; })
      .Case([](linalg::PoolingNhwcMaxOp) { return PoolForm{true, false, 2}; })
      .Case([](linalg::PoolingNhwcSumOp) { return PoolForm{false, false, 2}; })
      .Case([](linalg::PoolingNcwMaxOp) { return PoolForm{true, true, 1}; })
      .Case([](linalg::PoolingNcwSumOp) { return PoolForm{false, true, 1}; })
      .Case([](linalg::PoolingNwcMaxOp) { return PoolForm{true, false, 1}; })
      .Case([](linalg::PoolingNwcSumOp) { return PoolForm{false, false, 1}; })
      .Default([](Operation *) -> Form { return std::nullopt; });
}

static bool isLeast(Value value) {
  std::optional<std::vector<float>> number = readConstant(value);
  return number && number->size() == 1 &&
         number->front() <= std::numeric_limits<float>::lowest();
}

/// A pad of the image with what is below every number becomes the pool's own.
static Value absorbPad(Value input, std::array<int64_t, 4> &padding,
                       unsigned image, ArrayRef<int64_t> kernel) {
  auto pad = input.getDefiningOp<tosa::PadOp>();
  SmallVector<int64_t> amounts;
  if (!pad || !isLeast(pad.getPadConst()) ||
      !tosa::getConstShapeValues(pad.getPadding().getDefiningOp(), amounts))
    return input;
  for (auto [i, amount] : llvm::enumerate(amounts)) {
    unsigned axis = i / 2;
    bool inImage = axis >= image && axis < image + kernel.size();
    if (amount && (!inImage || amount >= kernel[axis - image]))
      return input;
  }
  for (unsigned axis = 0; axis < kernel.size(); ++axis)
    for (unsigned side : {0u, 1u})
      padding[2 * axis + side] = amounts[2 * (image + axis) + side];
  return pad.getInput1();
}

Raised lw::raisePooling(TosaBuilder &b, linalg::LinalgOp op) {
  std::optional<PoolForm> form = getForm(op);
  if (!form)
    return Raised::no("this window has no form in tosa");
  auto pair = [&](StringRef name, SmallVector<int64_t> &into) {
    into.assign(form->rank, 1);
    if (auto values = op->getAttrOfType<DenseIntElementsAttr>(name))
      into = llvm::to_vector(values.getValues<int64_t>());
  };
  SmallVector<int64_t> strides, dilations;
  pair("strides", strides);
  pair("dilations", dilations);
  if (llvm::any_of(dilations, [](int64_t d) { return d != 1; }))
    return Raised::no("tosa's pools have no dilations");
  Value input = op->getOperand(0), init = op->getOperand(2);
  Type element = TosaBuilder::elementOf(input);
  if (!isa<FloatType>(element) ||
      element != TosaBuilder::elementOf(op->getResult(0)))
    return Raised::no("only pools of one float type are raised");
  SmallVector<int64_t> kernel(TosaBuilder::shapeOf(op->getOperand(1)));
  auto fill = dyn_cast_or_null<FloatAttr>(getFillValue(init));
  if (!fill || (form->isMax ? !(fill.getValue().isNegative() &&
                                !fill.getValue().isFinite()) &&
                                  !fill.getValue().isLargest()
                            : !fill.getValue().isZero()))
    return Raised::no("it does not start from " +
                      Twine(form->isMax ? "-inf" : "zeros"));

  SmallVector<int64_t> out(TosaBuilder::shapeOf(op->getResult(0)));
  std::array<int64_t, 4> padding = {0, 0, 0, 0};
  unsigned image = form->channelsFirst ? 2 : 1;
  if (form->isMax)
    input = absorbPad(input, padding, image, kernel);
  // To [N, H, W, C], a row of one line.
  auto toImage = [&](Value value) {
    SmallVector<int64_t> shape(TosaBuilder::shapeOf(value));
    if (form->rank == 1) {
      shape.insert(shape.begin() + image, 1);
      value = b.reshape(value, shape);
    }
    return form->channelsFirst ? b.transpose(value, {0, 2, 3, 1}) : value;
  };
  input = toImage(input);
  if (form->rank == 1) {
    kernel.insert(kernel.begin(), 1);
    strides.insert(strides.begin(), 1);
    padding = {0, 0, padding[0], padding[1]};
    out.insert(out.begin() + image, 1);
  }
  // tosa demands that the windows divide the padded input exactly.
  SmallVector<int64_t> size(TosaBuilder::shapeOf(input));
  for (int axis = 0; axis < 2; ++axis) {
    int64_t used = (out[image + axis] - 1) * strides[axis] + kernel[axis];
    int64_t &after = padding[2 * axis + 1];
    int64_t unused = size[1 + axis] + padding[2 * axis] + after - used;
    if (unused < 0)
      return Raised::no("its windows reach beyond its input");
    int64_t fromPadding = std::min(unused, after);
    after -= fromPadding;
    size[1 + axis] -= unused - fromPadding;
  }
  input = b.slice(input, {0, 0, 0, 0}, size);
  auto type = RankedTensorType::get(
      {size[0], out[image], out[image + 1], size[3]}, element);
  Value result;
  if (form->isMax) {
    result =
        tosa::MaxPool2dOp::create(b, type, input, kernel, strides, padding);
  } else {
    // A sum is so many means.
    result = tosa::AvgPool2dOp::create(
        b, type, input, b.getDenseI64ArrayAttr(kernel),
        b.getDenseI64ArrayAttr(strides), b.getDenseI64ArrayAttr(padding),
        TypeAttr::get(b.getF32Type()));
    result = b.mul(result, b.number(4, element, kernel[0] * kernel[1]));
  }
  if (form->channelsFirst)
    result = b.transpose(result, {0, 3, 1, 2});
  return b.reshape(result, TosaBuilder::shapeOf(op->getResult(0)));
}

//===- RowMatchers.cpp - Parts of normalizations spelled in tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "RowMatchers.h"
#include "ConvWeights.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

/// The number in a constant of one element.
static std::optional<float> readNumber(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() || type.getNumElements() != 1)
    return std::nullopt;
  return readUniform(value);
}

namespace {

/// An operation on a value and a number.
struct WithNumber {
  Value value;
  float number;
};

} // namespace

template <typename Op>
static std::optional<WithNumber> matchWithNumber(Value value) {
  auto op = value.getDefiningOp<Op>();
  if (!op)
    return std::nullopt;
  for (unsigned i : {1u, 0u}) {
    // Of a power only the exponent.
    if (i == 0 && std::is_same_v<Op, tosa::PowOp>)
      break;
    if (std::optional<float> number = readNumber(op->getOperand(i));
        number && op->getOperand(1 - i).getType() == value.getType())
      return WithNumber{op->getOperand(1 - i), *number};
  }
  return std::nullopt;
}

/// The dimensions of `whole` that those of `joined` consist of, as many runs of
/// neighbours; empty when it is no such shape.
static SmallVector<SmallVector<int64_t>> splitShape(ArrayRef<int64_t> whole,
                                                    ArrayRef<int64_t> joined) {
  SmallVector<SmallVector<int64_t>> runs;
  size_t next = 0;
  for (auto [i, extent] : llvm::enumerate(joined)) {
    SmallVector<int64_t> &run = runs.emplace_back();
    bool last = i + 1 == joined.size();
    int64_t product = 1;
    for (; next < whole.size() && (product != extent || run.empty() || last);
         ++next) {
      product *= whole[next];
      run.push_back(next);
    }
    if (product != extent)
      return {};
  }
  return next == whole.size() ? runs : SmallVector<SmallVector<int64_t>>();
}

/// A chain of reductions, one along each dimension; neighbours may be made one
/// before and taken apart after it.
template <typename Op>
static std::optional<RowReduction> matchReduction(Value v) {
  RowReduction result{v, {}};
  auto resultType = dyn_cast<RankedTensorType>(v.getType());
  auto apart = v.getDefiningOp<tosa::ReshapeOp>();
  if (apart)
    result.value = apart.getInput1();
  while (auto op = result.value.getDefiningOp<Op>()) {
    result.axes.push_back(op.getAxis());
    result.value = op.getInput();
  }
  auto type = dyn_cast<RankedTensorType>(result.value.getType());
  if (result.axes.empty() || !type || !type.hasStaticShape() || !resultType ||
      !resultType.hasStaticShape() || !isa<FloatType>(type.getElementType()))
    return std::nullopt;
  if (apart) {
    auto join = result.value.getDefiningOp<tosa::ReshapeOp>();
    auto source = join ? dyn_cast<RankedTensorType>(join.getInput1().getType())
                       : RankedTensorType();
    if (!source || !source.hasStaticShape() ||
        source.getRank() != resultType.getRank())
      return std::nullopt;
    SmallVector<SmallVector<int64_t>> runs =
        splitShape(source.getShape(), type.getShape());
    if (runs.empty())
      return std::nullopt;
    SmallVector<int64_t> axes, shape(source.getShape());
    for (int64_t joined : result.axes)
      for (int64_t axis : runs[joined]) {
        axes.push_back(axis);
        shape[axis] = 1;
      }
    if (ArrayRef<int64_t>(shape) != resultType.getShape())
      return std::nullopt;
    result = {join.getInput1(), axes};
  }
  llvm::sort(result.axes);
  result.axes.erase(llvm::unique(result.axes), result.axes.end());
  return result;
}

std::optional<RowReduction> lw::matchSum(Value value) {
  return matchReduction<tosa::ReduceSumOp>(value);
}

std::optional<RowReduction> lw::matchMaximum(Value value) {
  return matchReduction<tosa::ReduceMaxOp>(value);
}

std::optional<RowReduction> lw::matchMean(Value value) {
  if (auto pool = value.getDefiningOp<tosa::AvgPool2dOp>()) {
    auto type = cast<RankedTensorType>(pool.getInput().getType());
    if (!type.hasStaticShape() ||
        pool.getKernel() != type.getShape().slice(1, 2) ||
        llvm::any_of(pool.getPad(), [](int64_t pad) { return pad != 0; }) ||
        !isa<FloatType>(type.getElementType()))
      return std::nullopt;
    return RowReduction{pool.getInput(), {1, 2}};
  }
  auto scaled = matchWithNumber<tosa::MulOp>(value);
  std::optional<RowReduction> sum =
      scaled ? matchReduction<tosa::ReduceSumOp>(scaled->value) : std::nullopt;
  if (!sum)
    return std::nullopt;
  double count = 1;
  for (int64_t axis : sum->axes)
    count *= cast<RankedTensorType>(sum->value.getType()).getDimSize(axis);
  if (std::abs(scaled->number * count - 1) > 1e-5)
    return std::nullopt;
  return sum;
}

/// x where `value` is x * x or a power of two.
static Value matchSquare(Value value) {
  if (auto mul = value.getDefiningOp<tosa::MulOp>();
      mul && mul.getInput1() == mul.getInput2())
    return mul.getInput1();
  auto power = matchWithNumber<tosa::PowOp>(value);
  return power && power->number == 2 ? power->value : Value();
}

/// x where `value` is 1 / sqrt(x), in one of its spellings.
static Value matchInverseRoot(Value value) {
  if (auto rsqrt = value.getDefiningOp<tosa::RsqrtOp>())
    return rsqrt.getInput1();
  auto power = matchWithNumber<tosa::PowOp>(value);
  if (power && power->number == -0.5f)
    return power->value;
  auto inverse = value.getDefiningOp<tosa::ReciprocalOp>();
  if (!inverse)
    return {};
  power = matchWithNumber<tosa::PowOp>(inverse.getInput1());
  if (power && power->number == 0.5f)
    return power->value;
  // The root as the inverse of an inverse root.
  if (auto root = inverse.getInput1().getDefiningOp<tosa::ReciprocalOp>())
    if (auto rsqrt = root.getInput1().getDefiningOp<tosa::RsqrtOp>())
      return rsqrt.getInput1();
  return {};
}

std::optional<InverseDeviation> lw::matchInverseDeviation(Value value) {
  Value variance = matchInverseRoot(value);
  if (!variance)
    return std::nullopt;
  InverseDeviation result;
  if (auto sum = matchWithNumber<tosa::AddOp>(variance);
      sum && sum->number >= 0 && std::isfinite(sum->number)) {
    result.epsilon = sum->number;
    variance = sum->value;
  }
  std::optional<RowReduction> mean = matchMean(variance);
  result.squared = mean ? matchSquare(mean->value) : Value();
  if (!result.squared)
    return std::nullopt;
  result.axes = mean->axes;
  return result;
}

Value lw::matchCentered(Value value, ArrayRef<int64_t> axes) {
  auto sub = value.getDefiningOp<tosa::SubOp>();
  if (!sub || sub.getInput1().getType() != sub.getType())
    return {};
  std::optional<RowReduction> mean = matchMean(sub.getInput2());
  if (!mean || mean->value != sub.getInput1() ||
      ArrayRef<int64_t>(mean->axes) != axes)
    return {};
  return sub.getInput1();
}

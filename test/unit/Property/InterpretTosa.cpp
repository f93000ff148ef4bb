//===- InterpretTosa.cpp - TOSA's operations by plain loops
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Written from the TOSA specification: a value an element, found by its index.
//
//===----------------------------------------------------------------------===//

#include "Interpret.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace lwtest;

/// The element at `index`; an axis of one element repeats it.
static double at(const Array &x, ArrayRef<int64_t> index) {
  int64_t flat = 0;
  for (auto [i, extent] : llvm::zip(index, x.shape))
    flat = flat * extent + (extent == 1 ? 0 : i);
  return x.values[flat];
}

static Array make(ArrayRef<int64_t> shape,
                  llvm::function_ref<double(ArrayRef<int64_t>)> element) {
  Array result(shape);
  forEachElement(shape, [&](int64_t i, ArrayRef<int64_t> index) {
    result.values[i] = element(index);
  });
  return result;
}

static Shape integers(Value value) {
  DenseElementsAttr elements;
  Shape result;
  if (matchPattern(value, m_Constant(&elements)))
    for (const APInt &element : elements.getValues<APInt>())
      result.push_back(element.getSExtValue());
  return result;
}

static Array constant(DenseElementsAttr elements) {
  Array result(elements.getType().getShape());
  size_t i = 0;
  for (const APFloat &value : elements.getValues<APFloat>())
    result.values[i++] = value.convertToFloat();
  return result;
}

/// A function of one or two values, or null.
using Function = double (*)(double, double);
static Function elementFunction(Operation *op) {
  return llvm::StringSwitch<Function>(op->getName().getStringRef())
      .Case("tosa.add", [](double a, double b) { return a + b; })
      .Case("tosa.sub", [](double a, double b) { return a - b; })
      .Case("tosa.mul", [](double a, double b) { return a * b; })
      .Case("tosa.maximum", [](double a, double b) { return a < b ? b : a; })
      .Case("tosa.minimum", [](double a, double b) { return b < a ? b : a; })
      .Case("tosa.pow", [](double a, double b) { return std::pow(a, b); })
      .Case("tosa.abs", [](double a, double) { return std::fabs(a); })
      .Case("tosa.negate", [](double a, double) { return -a; })
      .Case("tosa.exp", [](double a, double) { return std::exp(a); })
      .Case("tosa.log", [](double a, double) { return std::log(a); })
      .Case("tosa.rsqrt", [](double a, double) { return 1 / std::sqrt(a); })
      .Case("tosa.floor", [](double a, double) { return std::floor(a); })
      .Case("tosa.ceil", [](double a, double) { return std::ceil(a); })
      .Case("tosa.reciprocal", [](double a, double) { return 1 / a; })
      .Case("tosa.erf", [](double a, double) { return std::erf(a); })
      .Case("tosa.sin", [](double a, double) { return std::sin(a); })
      .Case("tosa.cos", [](double a, double) { return std::cos(a); })
      .Case("tosa.tanh", [](double a, double) { return std::tanh(a); })
      .Case("tosa.sigmoid",
            [](double a, double) { return 1 / (1 + std::exp(-a)); })
      .Case("tosa.identity", [](double a, double) { return a; })
      .Default(nullptr);
}

//===----------------------------------------------------------------------===//
// Moves
//===----------------------------------------------------------------------===//

static Array concat(const Shape &shape, int64_t axis,
                    ArrayRef<const Array *> parts) {
  return make(shape, [&](ArrayRef<int64_t> index) {
    Shape from(index);
    const Array *const *part = parts.begin();
    for (; from[axis] >= (*part)->shape[axis]; ++part)
      from[axis] -= (*part)->shape[axis];
    return at(**part, from);
  });
}

static Array pad(const Shape &shape, const Array &x, const Shape &amounts,
                 double value) {
  return make(shape, [&](ArrayRef<int64_t> index) {
    Shape from(index);
    for (size_t i = 0; i < from.size(); ++i) {
      from[i] -= amounts[2 * i];
      if (from[i] < 0 || from[i] >= x.shape[i])
        return value;
    }
    return at(x, from);
  });
}

/// Calls `map` on a copy of each index, which makes of it that of `x`.
static Array move(const Shape &shape, const Array &x,
                  llvm::function_ref<void(Shape &)> map) {
  return make(shape, [&](ArrayRef<int64_t> index) {
    Shape from(index);
    map(from);
    return at(x, from);
  });
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

static Array reduce(const Shape &shape, const Array &x, int64_t axis,
                    double init, Function combine) {
  return make(shape, [&](ArrayRef<int64_t> index) {
    Shape from(index);
    double result = init;
    for (from[axis] = 0; from[axis] < x.shape[axis]; ++from[axis])
      result = combine(result, at(x, from));
    return result;
  });
}

/// The elements of a window that lie in the image: their greatest or their
/// mean.
template <typename Pool>
static Array pool(const Shape &shape, const Array &x, Pool op, bool average) {
  return make(shape, [&](ArrayRef<int64_t> index) {
    double sum = 0, greatest = -std::numeric_limits<double>::infinity();
    int64_t count = 0;
    for (int64_t ky = 0; ky < op.getKernel()[0]; ++ky)
      for (int64_t kx = 0; kx < op.getKernel()[1]; ++kx) {
        int64_t row = index[1] * op.getStride()[0] - op.getPad()[0] + ky,
                column = index[2] * op.getStride()[1] - op.getPad()[2] + kx;
        if (row < 0 || row >= x.shape[1] || column < 0 || column >= x.shape[2])
          continue;
        double value = at(x, {index[0], row, column, index[3]});
        sum += value;
        greatest = std::max(greatest, value);
        ++count;
      }
    return average ? sum / count : greatest;
  });
}

static Array product(const Shape &shape, const Array &a, const Array &b) {
  return make(shape, [&](ArrayRef<int64_t> index) {
    double sum = 0;
    for (int64_t k = 0; k < a.shape[2]; ++k)
      sum += at(a, {index[0], index[1], k}) * at(b, {index[0], k, index[2]});
    return sum;
  });
}

llvm::Expected<Array> lwtest::interpretTosa(Operation *op,
                                            ArrayRef<const Array *> operands) {
  Shape shape(cast<RankedTensorType>(op->getResult(0).getType()).getShape());
  if (auto value = dyn_cast<tosa::ConstOp>(op))
    return constant(cast<DenseElementsAttr>(value.getValues()));
  const Array &x = *operands.front();
  if (isa<tosa::ReshapeOp>(op)) {
    Array result(shape);
    result.values = x.values;
    return result;
  }
  if (Function function = elementFunction(op)) {
    // The zero points of a negation are no operands of a second kind.
    const Array &y = operands.size() > 1 ? *operands[1] : x;
    return make(shape, [&](ArrayRef<int64_t> index) {
      return function(at(x, index), at(y, index));
    });
  }
  auto infinity = std::numeric_limits<double>::infinity();
  return llvm::TypeSwitch<Operation *, llvm::Expected<Array>>(op)
      .Case([&](tosa::ClampOp clamp) {
        double low = cast<FloatAttr>(clamp.getMinVal()).getValueAsDouble(),
               high = cast<FloatAttr>(clamp.getMaxVal()).getValueAsDouble();
        return make(shape, [&](ArrayRef<int64_t> index) {
          return std::min(std::max(at(x, index), low), high);
        });
      })
      .Case([&](tosa::ConcatOp concatenation) {
        return concat(shape, concatenation.getAxis(), operands);
      })
      .Case([&](tosa::PadOp padding) {
        return pad(shape, x, integers(padding.getPadding()),
                   operands[1]->values.front());
      })
      .Case([&](tosa::SliceOp slice) {
        return move(shape, x, [start = integers(slice.getStart())](Shape &i) {
          for (auto [axis, begin] : llvm::enumerate(start))
            i[axis] += begin;
        });
      })
      .Case([&](tosa::TransposeOp transpose) {
        return move(shape, x, [&](Shape &i) {
          Shape to = i;
          for (auto [axis, p] : llvm::enumerate(transpose.getPerms()))
            i[p] = to[axis];
        });
      })
      .Case([&](tosa::ReverseOp reverse) {
        return move(shape, x, [&](Shape &i) {
          i[reverse.getAxis()] =
              shape[reverse.getAxis()] - 1 - i[reverse.getAxis()];
        });
      })
      .Case([&](tosa::TileOp) {
        return move(shape, x, [&](Shape &i) {
          for (auto [at, extent] : llvm::zip(i, x.shape))
            at %= extent;
        });
      })
      .Case([&](tosa::GatherOp gather) {
        Shape rows = integers(gather.getIndices());
        return move(shape, x,
                    [&](Shape &i) { i[1] = rows[i[0] * shape[1] + i[1]]; });
      })
      .Case([&](tosa::ReduceSumOp sum) {
        return reduce(shape, x, sum.getAxis(), 0,
                      [](double a, double b) { return a + b; });
      })
      .Case([&](tosa::ReduceProductOp product) {
        return reduce(shape, x, product.getAxis(), 1,
                      [](double a, double b) { return a * b; });
      })
      .Case([&](tosa::ReduceMaxOp max) {
        return reduce(shape, x, max.getAxis(), -infinity,
                      [](double a, double b) { return std::max(a, b); });
      })
      .Case([&](tosa::ReduceMinOp min) {
        return reduce(shape, x, min.getAxis(), infinity,
                      [](double a, double b) { return std::min(a, b); });
      })
      .Case([&](tosa::MaxPool2dOp op) { return pool(shape, x, op, false); })
      .Case([&](tosa::AvgPool2dOp op) { return pool(shape, x, op, true); })
      .Case([&](tosa::MatMulOp) { return product(shape, x, *operands[1]); })
      .Default([](Operation *op) {
        return llvm::createStringError("the interpreter does not know " +
                                       op->getName().getStringRef());
      });
}

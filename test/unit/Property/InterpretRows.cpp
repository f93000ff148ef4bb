//===- InterpretRows.cpp - What operations on rows compute, by plain loops
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Interpret.h"
#include "lw/Dialect/IR/LwRowOps.h"
#include <cmath>
#include <map>

using namespace mlir;
using namespace lwtest;

/// The number of the element at `index`, with dimensions of one element
/// repeated and those of `but` left out.
static int64_t numberOf(ArrayRef<int64_t> shape, ArrayRef<int64_t> index,
                        ArrayRef<int64_t> but = {}) {
  int64_t number = 0;
  for (auto [i, extent] : llvm::enumerate(shape)) {
    bool one = extent == 1 || llvm::is_contained(but, int64_t(i));
    number = number * extent + (one ? 0 : index[i]);
  }
  return number;
}

/// Calls `body` for the elements of every row along `axes`: their numbers.
static void forEachRow(ArrayRef<int64_t> shape, ArrayRef<int64_t> axes,
                       llvm::function_ref<void(ArrayRef<int64_t>)> body) {
  std::map<int64_t, std::vector<int64_t>> rows;
  forEachElement(shape, [&](int64_t i, ArrayRef<int64_t> index) {
    rows[numberOf(shape, index, axes)].push_back(i);
  });
  for (const auto &[first, row] : rows)
    body(row);
}

static Array softmax(lw::SoftmaxOp op, const Array &x) {
  Array result(x.shape);
  forEachRow(x.shape, {static_cast<int64_t>(op.getAxis())},
             [&](ArrayRef<int64_t> row) {
               double most = -INFINITY, sum = 0;
               for (int64_t i : row)
                 most = std::max<double>(most, x.values[i]);
               for (int64_t i : row)
                 sum += std::exp(x.values[i] - most);
               for (int64_t i : row)
                 result.values[i] = op.getIsLog()
                                        ? x.values[i] - most - std::log(sum)
                                        : std::exp(x.values[i] - most) / sum;
             });
  return result;
}

static Array normalize(lw::NormalizeOp op, const Array &x, const Array *scale,
                       const Array *bias) {
  double epsilon = op.getEpsilon().convertToFloat();
  std::vector<double> z(x.values.size());
  forEachRow(x.shape, op.getAxes(), [&](ArrayRef<int64_t> row) {
    double count = row.size(), mean = 0, squares = 0, sum = 0;
    for (int64_t i : row)
      mean += x.values[i] / count;
    bool centered = op.getKind() == lw::NormKind::Deviation;
    double shift = centered ? mean : 0;
    for (int64_t i : row) {
      double value = x.values[i] - shift;
      squares += value * value;
      sum += std::fabs(value);
    }
    double divisor = std::sqrt(squares / count + epsilon);
    if (op.getKind() == lw::NormKind::L1)
      divisor = sum;
    if (op.getKind() == lw::NormKind::L2)
      divisor = std::sqrt(squares);
    for (int64_t i : row)
      z[i] = divisor == 0 ? 0 : (x.values[i] - shift) / divisor;
  });
  Array result(x.shape);
  forEachElement(x.shape, [&](int64_t i, ArrayRef<int64_t> index) {
    double factor = scale ? scale->values[numberOf(scale->shape, index)] : 1,
           offset = bias ? bias->values[numberOf(bias->shape, index)] : 0;
    result.values[i] = factor * z[i] + offset;
  });
  return result;
}

std::optional<Array> lwtest::interpretRows(Operation *op,
                                           ArrayRef<const Array *> operands) {
  if (auto rows = dyn_cast<lw::SoftmaxOp>(op))
    return softmax(rows, *operands[0]);
  auto rows = dyn_cast<lw::NormalizeOp>(op);
  if (!rows)
    return std::nullopt;
  size_t next = 1;
  const Array *scale = rows.getScale() ? operands[next++] : nullptr;
  const Array *bias = rows.getBias() ? operands[next] : nullptr;
  return normalize(rows, *operands[0], scale, bias);
}

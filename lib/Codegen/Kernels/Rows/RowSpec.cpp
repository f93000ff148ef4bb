//===- RowSpec.cpp - Reductions and normalizations as loops
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Rows/RowSpec.h"
#include "Kernels/Support.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lw;

SmallVector<Value> mlir::lw::rowOperands(Operation *op) {
  if (isa<tosa::ReduceSumOp, tosa::ReduceProductOp, tosa::ReduceMaxOp,
          tosa::ReduceMinOp, SoftmaxOp, NormalizeOp>(op))
    return op->getOperands();
  return {};
}

int64_t RowSpec::rowSize() const {
  int64_t size = vector.reduced ? vector.extent : 1;
  for (const RowLoop &loop : reduced)
    size *= loop.extent;
  return size;
}

void RowSpec::addTo(KernelKey &key) const {
  key.add({static_cast<int64_t>(function), skipsNan, static_cast<int64_t>(norm),
           hasScale, hasBias, lanes, static_cast<int64_t>(kept.size())});
  key.add(epsilon);
  auto addLoop = [&](const RowLoop &loop) {
    key.add({loop.extent, loop.reduced});
    for (int64_t stride : loop.strides)
      key.add({stride});
  };
  llvm::for_each(kept, addLoop);
  llvm::for_each(reduced, addLoop);
  addLoop(vector);
  for (int buffer = 0; buffer < kRowBuffers; ++buffer)
    key.add({origins[buffer], uniform[buffer]});
}

/// The dimensions along which `op` reduces, and what it computes.
static SmallVector<int64_t> describe(Operation *op, RowSpec &spec) {
  auto reduction = [&](RowFunction function) {
    spec.function = function;
    spec.skipsNan = skipsNan(op);
    return SmallVector<int64_t>{
        op->getAttrOfType<IntegerAttr>("axis").getInt()};
  };
  return llvm::TypeSwitch<Operation *, SmallVector<int64_t>>(op)
      .Case([&](tosa::ReduceSumOp) { return reduction(RowFunction::Sum); })
      .Case([&](tosa::ReduceProductOp) {
        return reduction(RowFunction::Product);
      })
      .Case([&](tosa::ReduceMaxOp) { return reduction(RowFunction::Maximum); })
      .Case([&](tosa::ReduceMinOp) { return reduction(RowFunction::Minimum); })
      .Case([&](SoftmaxOp softmax) {
        return reduction(softmax.getIsLog() ? RowFunction::LogSoftmax
                                            : RowFunction::Softmax);
      })
      .Case([&](NormalizeOp normalize) {
        spec.function = RowFunction::Normalize;
        spec.norm = normalize.getKind();
        spec.epsilon = normalize.getEpsilon().convertToFloat();
        spec.hasScale = static_cast<bool>(normalize.getScale());
        spec.hasBias = static_cast<bool>(normalize.getBias());
        return SmallVector<int64_t>(normalize.getAxes());
      });
}

/// Distances between neighbours along each dimension of a value; 0 along those
/// of extent 1.
static SmallVector<int64_t> stridesOf(Value value) {
  ArrayRef<int64_t> shape = tensorTypeOf(value).getShape();
  SmallVector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  if (shape.size() == 4) {
    Layout layout = getLayout(value);
    strides = {layout.imageStride(), layout.rowStride(), layout.block, 1};
  }
  for (auto [stride, extent] : llvm::zip(strides, shape))
    if (extent == 1)
      stride = 0;
  return strides;
}

/// Two loops, the second inside the first, as one.
static bool join(RowLoop &outer, const RowLoop &inner) {
  if (outer.reduced != inner.reduced)
    return false;
  for (int buffer = 0; buffer < kRowBuffers; ++buffer)
    if (outer.strides[buffer] != inner.strides[buffer] * inner.extent)
      return false;
  outer = {outer.extent * inner.extent, inner.strides, inner.reduced};
  return true;
}

RowSpec mlir::lw::rowSpec(Operation *op, int64_t lanes) {
  RowSpec spec;
  spec.lanes = lanes;
  SmallVector<int64_t> axes = describe(op, spec);
  std::array<Value, kRowBuffers> values = {op->getOperand(0), op->getResult(0)};
  if (auto normalize = dyn_cast<NormalizeOp>(op)) {
    values[kRowScale] = normalize.getScale();
    values[kRowBias] = normalize.getBias();
  }
  ArrayRef<int64_t> shape = tensorTypeOf(values[kRowInput]).getShape();
  int64_t rank = shape.size();
  // Blocks of channels, whose vectors do not follow each other.
  RowStrides betweenVectors;
  betweenVectors.fill(lanes);
  bool blocked = false;
  SmallVector<RowLoop> loops(rank);
  for (int64_t i = 0; i < rank; ++i)
    loops[i] = {shape[i], {}, llvm::is_contained(axes, i)};
  for (int buffer = 0; buffer < kRowBuffers; ++buffer) {
    if (!values[buffer])
      continue;
    for (auto [loop, stride] : llvm::zip(loops, stridesOf(values[buffer])))
      loop.strides[buffer] = stride;
    if (rank != 4)
      continue;
    Layout layout = getLayout(values[buffer]);
    spec.origins[buffer] = layout.origin();
    if (layout.block == layout.c)
      continue;
    betweenVectors[buffer] = layout.blockStride();
    blocked = true;
  }

  SmallVector<RowLoop> joined;
  for (auto [i, loop] : llvm::enumerate(loops)) {
    bool isChannel = blocked && static_cast<int64_t>(i) == rank - 1;
    if (!isChannel &&
        (loop.extent == 1 || (!joined.empty() && join(joined.back(), loop))))
      continue;
    joined.push_back(loop);
  }
  // Rows of an image of one channel and column lie apart where it has a border.
  bool isDense = !joined.empty() &&
                 (blocked || llvm::all_of(joined.back().strides,
                                          [](int64_t s) { return s <= 1; }));
  spec.vector =
      isDense ? joined.pop_back_val() : RowLoop{1, {1, 1, 0, 0}, true};
  for (int buffer = 0; buffer < kRowBuffers; ++buffer) {
    spec.uniform[buffer] = spec.vector.strides[buffer] == 0;
    spec.vector.strides[buffer] =
        spec.uniform[buffer] ? 0 : betweenVectors[buffer];
  }
  for (const RowLoop &loop : joined)
    (loop.reduced ? spec.reduced : spec.kept).push_back(loop);
  return spec;
}

//===- InterpolateKernel.cpp - Weighted sums along one dimension
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Copy/InterpolateKernel.h"
#include "Kernels/Copy/CopyKind.h"
#include "Kernels/Support.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

bool mlir::lw::isAlongChannels(InterpolateOp op) {
  return isRank4(op.getInput()) && op.getAxis() == 3;
}

/// Dimensions from outermost to innermost, and which of them is interpolated.
static InterpolateSpec planInterpolation(InterpolateOp op) {
  InterpolateSpec spec;
  spec.taps = op.taps();
  spec.weighted = !op.getWeights().empty();
  auto outType = cast<RankedTensorType>(op.getOutput().getType());
  SmallVector<StridedCopy::Dim> dims;
  int64_t axis = op.getAxis();
  if (outType.getRank() == 4) {
    Layout in = getLayout(op.getInput()), out = getLayout(op.getOutput());
    spec.sourceBase = in.origin();
    spec.targetBase = out.origin();
    dims = {{out.n, in.imageStride(), out.imageStride()},
            {out.blocks(), in.blockStride(), out.blockStride()},
            {out.h, in.rowStride(), out.rowStride()},
            {out.w, in.block, out.block},
            {out.block, 1, 1}};
    // Batch, height, width, and channels, of which each is a plane.
    constexpr int64_t kPlaces[] = {0, 2, 3, 1};
    axis = kPlaces[axis];
  } else {
    SmallVector<CopyAxis::Side> in = denseSides(cast<RankedTensorType>(
                                                    op.getInput().getType())
                                                    .getShape()),
                                out = denseSides(outType.getShape());
    for (auto [i, extent] : llvm::enumerate(outType.getShape()))
      dims.push_back({extent, in[i].stride, out[i].stride});
  }
  // What follows the axis and is one run in both arrays.
  size_t end = dims.size();
  while (static_cast<int64_t>(end) > axis + 1) {
    const StridedCopy::Dim &d = dims[end - 1];
    if (d.extent != 1 &&
        (d.sourceStride != spec.run || d.targetStride != spec.run))
      break;
    spec.run *= d.extent;
    --end;
  }
  spec.axis = dims[axis];
  for (size_t i = 0; i < end; ++i)
    if (static_cast<int64_t>(i) != axis && dims[i].extent != 1)
      spec.outer.push_back(dims[i]);
  return spec;
}

//===----------------------------------------------------------------------===//
// Elements that are moved
//===----------------------------------------------------------------------===//

namespace {
/// Indices first, first + step, ...
struct Run {
  int64_t begin, extent, first, step;
};
} // namespace

static SmallVector<Run> runsOf(ArrayRef<int32_t> indices) {
  SmallVector<Run> runs;
  for (auto [i, index] : llvm::enumerate(indices)) {
    if (!runs.empty()) {
      Run &last = runs.back();
      int64_t step = index - indices[i - 1];
      if (last.extent == 1)
        last.step = step;
      if (last.step == step) {
        ++last.extent;
        continue;
      }
    }
    runs.push_back({static_cast<int64_t>(i), 1, index, 1});
  }
  return runs;
}

/// The moves as strided boxes: what mirrors, repeats or shifts is a few.
static std::optional<SmallVector<StridedCopy>>
planRuns(const InterpolateSpec &spec, ArrayRef<int32_t> indices) {
  constexpr size_t kMostRuns = 16;
  SmallVector<Run> runs = runsOf(indices);
  if (spec.weighted || runs.size() > kMostRuns)
    return std::nullopt;
  SmallVector<StridedCopy> copies;
  for (const Run &run : runs) {
    SmallVector<CopyAxis> axes;
    for (const StridedCopy::Dim &d : spec.outer)
      axes.push_back(
          {d.extent, {0, d.sourceStride, 0}, {0, d.targetStride, 0}});
    axes.push_back({run.extent,
                    {0, run.step * spec.axis.sourceStride, 0},
                    {0, spec.axis.targetStride, 0}});
    axes.push_back({spec.run, {}, {}});
    copies.append(
        planCopies(axes, spec.sourceBase + run.first * spec.axis.sourceStride,
                   spec.targetBase + run.begin * spec.axis.targetStride));
  }
  return copies;
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

namespace {

class InterpolateEmitter {
public:
  InterpolateEmitter(KernelBuilder &k, const InterpolateSpec &spec,
                     ValueRange args)
      : k(k), s(spec), target(args[0]), source(args[1]), offsets(args[2]),
        weights(spec.weighted ? args[3] : Value()) {}

  void emitOuter(ArrayRef<StridedCopy::Dim> dims, Address from, Address to,
                 bool outermost);

private:
  void emitElement(Value o, Address from, Address to);

  KernelBuilder &k;
  const InterpolateSpec &s;
  Value target, source, offsets, weights;
};

} // namespace

void InterpolateEmitter::emitElement(Value o, Address from, Address to) {
  SmallVector<Address> starts;
  SmallVector<Value> factors;
  for (int64_t t = 0; t < s.taps; ++t) {
    Address at = k.advance({}, o, s.taps) + t;
    Value offset = arith::IndexCastOp::create(k.b, k.b.getIndexType(),
                                              k.loadScalar(offsets, at));
    starts.push_back(k.advance(from, offset, 1));
    if (s.weighted)
      factors.push_back(k.loadScalar(weights, at));
  }
  to = k.advance(to, o, s.axis.targetStride);
  if (s.run == 1) {
    Value sum;
    for (int64_t t = 0; t < s.taps; ++t) {
      Value x = k.loadScalar(source, starts[t]);
      if (s.weighted)
        x = arith::MulFOp::create(k.b, x, factors[t]);
      sum = sum ? arith::AddFOp::create(k.b, sum, x).getResult() : x;
    }
    return k.storeScalar(sum, target, to);
  }
  for (Value &factor : factors)
    factor = k.broadcast(factor);
  auto vector = [&](Value i, int64_t count) {
    Value sum;
    for (int64_t t = 0; t < s.taps; ++t) {
      Value x = k.loadPart(source, k.advance(starts[t], i, 1), count);
      if (s.weighted)
        x = sum ? k.fma(x, factors[t], sum)
                : arith::MulFOp::create(k.b, x, factors[t]).getResult();
      sum = x;
    }
    k.storePart(sum, target, k.advance(to, i, 1), count);
  };
  int64_t whole = s.run / k.vl * k.vl;
  k.loop(0, whole, k.vl, [&](Value i) { vector(i, k.vl); });
  if (s.run % k.vl)
    vector(k.constant(whole), s.run % k.vl);
}

void InterpolateEmitter::emitOuter(ArrayRef<StridedCopy::Dim> dims,
                                   Address from, Address to, bool outermost) {
  if (dims.empty())
    return k.loop(
        0, s.axis.extent, 1, [&](Value o) { emitElement(o, from, to); },
        outermost);
  const StridedCopy::Dim &d = dims.front();
  k.loop(
      0, d.extent, 1,
      [&](Value i) {
        emitOuter(dims.drop_front(), k.advance(from, i, d.sourceStride),
                  k.advance(to, i, d.targetStride), false);
      },
      outermost);
}

void mlir::lw::callInterpolation(KernelCalls &calls, InterpolateOp op) {
  calls.border(op, /*lanes=*/false);
  InterpolateSpec spec = planInterpolation(op);
  Value to = calls.bufferOf(op.getOutput()),
        from = calls.bufferOf(op.getInput());
  if (auto copies = planRuns(spec, op.getIndices()))
    return callCopies(calls, from, *copies, to, op.getLoc());
  SmallVector<int32_t> offsets;
  for (int32_t index : op.getIndices())
    offsets.push_back(static_cast<int32_t>(index * spec.axis.sourceStride));
  MLIRContext *context = op.getContext();
  SmallVector<Value> arguments = {
      to, from,
      calls.global(ConstantData::get(context, ArrayRef(offsets)), op.getLoc())};
  if (spec.weighted)
    arguments.push_back(
        calls.global(ConstantData::get(context, op.getWeights()), op.getLoc()));
  KernelKey key = calls.key();
  key.add({spec.run, spec.sourceBase, spec.targetBase, spec.taps,
           int64_t(spec.weighted), spec.axis.extent, spec.axis.targetStride});
  for (const StridedCopy::Dim &d : spec.outer)
    key.add({d.extent, d.sourceStride, d.targetStride});
  calls.call("interpolate", key, arguments, op.getLoc(),
             [&](KernelBuilder &k, ValueRange args) {
               InterpolateEmitter(k, spec, args)
                   .emitOuter(spec.outer, {Value(), spec.sourceBase},
                              {Value(), spec.targetBase}, /*outermost=*/true);
             });
}

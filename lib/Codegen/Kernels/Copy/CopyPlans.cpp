//===- CopyPlans.cpp - What copy operations move
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Copy/CopyPlans.h"
#include "Kernels/Support.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwImageOps.h"
#include "lw/Dialect/IR/Quantization.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::lw;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Sides of a value's axes: the layout's for rank 4, row-major otherwise.
static SmallVector<CopyAxis::Side> sidesOf(Value value, int64_t &origin) {
  RankedTensorType type = typeOf(value);
  origin = 0;
  if (type.getRank() != 4)
    return denseSides(type.getShape());
  Layout layout = getLayout(value);
  origin = layout.origin();
  return llvm::to_vector(layoutSides(layout));
}

/// Of an axis whose elements are equally spaced.
static int64_t elementStrideOf(const CopyAxis::Side &side) {
  return side.block ? 1 : side.stride;
}

static SmallVector<int64_t> constantIntegers(Value value) {
  DenseElementsAttr elements;
  SmallVector<int64_t> result;
  if (matchPattern(value, m_Constant(&elements)))
    for (const APInt &element : elements.getValues<APInt>())
      result.push_back(element.getSExtValue());
  return result;
}

SmallVector<StridedCopy> mlir::lw::planConversion(const Layout &from,
                                                  const Layout &to) {
  std::array<CopyAxis::Side, 4> source = layoutSides(from),
                                target = layoutSides(to);
  const int64_t extents[4] = {to.n, to.h, to.w, to.c};
  SmallVector<CopyAxis> axes;
  for (int i = 0; i < 4; ++i)
    axes.push_back({extents[i], source[i], target[i]});
  return planCopies(axes, from.origin(), to.origin());
}

CopyPlan mlir::lw::planCopy(Operation *op) {
  CopyPlan plan;
  Value result = op->getResult(0);
  int64_t targetOrigin;
  SmallVector<CopyAxis::Side> target = sidesOf(result, targetOrigin);
  ArrayRef<int64_t> shape = typeOf(result).getShape();

  auto add = [&](Value source, ArrayRef<CopyAxis> axes, int64_t origin) {
    plan.sources.push_back({source, planCopies(axes, origin, targetOrigin)});
  };
  // The box of `source` with the extents of `source`, moved in both arrays.
  auto addBox = [&](Value source, ArrayRef<int64_t> extents,
                    ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
    int64_t origin;
    SmallVector<CopyAxis::Side> sides = sidesOf(source, origin);
    SmallVector<CopyAxis> axes;
    for (size_t i = 0; i < extents.size(); ++i) {
      CopyAxis axis{extents[i], sides[i], target[i]};
      axis.source.begin = from[i];
      axis.target.begin = to[i];
      axes.push_back(axis);
    }
    add(source, axes, origin);
  };
  SmallVector<int64_t> zeros(shape.size(), 0);

  if (auto transpose = dyn_cast<tosa::TransposeOp>(op)) {
    int64_t origin;
    SmallVector<CopyAxis::Side> sides = sidesOf(transpose.getInput1(), origin);
    SmallVector<CopyAxis> axes;
    for (auto [i, p] : llvm::enumerate(transpose.getPerms()))
      axes.push_back({shape[i], sides[p], target[i]});
    add(transpose.getInput1(), axes, origin);
  } else if (auto concat = dyn_cast<tosa::ConcatOp>(op)) {
    SmallVector<int64_t> to = zeros;
    for (Value source : concat.getInput1()) {
      ArrayRef<int64_t> extents = typeOf(source).getShape();
      addBox(source, extents, zeros, to);
      to[concat.getAxis()] += extents[concat.getAxis()];
    }
  } else if (auto slice = dyn_cast<tosa::SliceOp>(op)) {
    addBox(slice.getInput1(), shape, constantIntegers(slice.getStart()), zeros);
  } else if (auto pad = dyn_cast<tosa::PadOp>(op)) {
    SmallVector<int64_t> amounts = constantIntegers(pad.getPadding());
    SmallVector<int64_t> to;
    for (size_t i = 0; i < shape.size(); ++i)
      to.push_back(amounts[2 * i]);
    addBox(pad.getInput1(), typeOf(pad.getInput1()).getShape(), zeros, to);
    if (auto bytes = readIntegers(pad.getPadConst()))
      plan.fill = bytes->front();
    else if (auto value = readConstant(pad.getPadConst()))
      plan.fill = value->front();
  } else if (auto shuffle = dyn_cast<ChannelShuffleOp>(op)) {
    // One strided box a group: y[j*G + g] = x[g*(C/G) + j].
    int64_t origin, groups = shuffle.getGroups();
    SmallVector<CopyAxis::Side> sides = sidesOf(shuffle.getInput(), origin);
    CopyPlan::Source source{shuffle.getInput(), {}};
    int64_t channels = shape.back(), per = channels / groups;
    for (int64_t g = 0; g < groups; ++g)
      for (int64_t j = 0; j < per; ++j) {
        SmallVector<CopyAxis> axes;
        for (size_t i = 0; i < shape.size(); ++i)
          axes.push_back({shape[i], sides[i], target[i]});
        axes.back().extent = 1;
        axes.back().source.begin = g * per + j;
        axes.back().target.begin = j * groups + g;
        source.copies.append(planCopies(axes, origin, targetOrigin));
      }
    plan.sources.push_back(source);
  } else if (auto interleave = dyn_cast<InterleaveOp>(op)) {
    ArrayRef<int64_t> strides = interleave.getStrides();
    for (int64_t phase = 0; phase < strides[0] * strides[1]; ++phase) {
      auto [number, channel] = interleave.sourceOf(phase);
      Value input = interleave.getInputs()[number];
      int64_t origin;
      SmallVector<CopyAxis::Side> sides = sidesOf(input, origin);
      SmallVector<CopyAxis> axes;
      ArrayRef<int64_t> extents = typeOf(input).getShape();
      for (int i = 0; i < 4; ++i)
        axes.push_back({i == 3 ? shape[3] : extents[i], sides[i], target[i]});
      axes[3].source.begin = channel;
      axes[1].target.stride *= strides[0];
      axes[2].target.stride *= strides[1];
      int64_t first = phase / strides[1] * target[1].stride +
                      phase % strides[1] * target[2].stride;
      auto *known =
          llvm::find_if(plan.sources, [&](const CopyPlan::Source &source) {
            return source.value == input;
          });
      if (known == plan.sources.end())
        known = &plan.sources.emplace_back(CopyPlan::Source{input, {}});
      known->copies.append(planCopies(axes, origin, targetOrigin + first));
    }
  } else if (auto reverse = dyn_cast<tosa::ReverseOp>(op)) {
    int64_t origin;
    SmallVector<CopyAxis::Side> sides = sidesOf(reverse.getInput1(), origin);
    SmallVector<CopyAxis> axes;
    for (size_t i = 0; i < shape.size(); ++i)
      axes.push_back({shape[i], sides[i], target[i]});
    // From the last element on, backwards.
    CopyAxis::Side &side = axes[reverse.getAxis()].source;
    side = {1 - shape[reverse.getAxis()], -elementStrideOf(side), 0};
    add(reverse.getInput1(), axes, origin);
  } else if (auto tile = dyn_cast<tosa::TileOp>(op)) {
    int64_t origin;
    SmallVector<CopyAxis::Side> sides = sidesOf(tile.getInput1(), origin);
    ArrayRef<int64_t> extents = typeOf(tile.getInput1()).getShape();
    SmallVector<CopyAxis> axes;
    for (size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] != extents[i])
        axes.push_back({shape[i] / extents[i],
                        {0, 0, 0},
                        {0, extents[i] * elementStrideOf(target[i]), 0}});
      axes.push_back({extents[i], sides[i], target[i]});
    }
    add(tile.getInput1(), axes, origin);
  } else if (auto reshape = dyn_cast<tosa::ReshapeOp>(op)) {
    // Both sides are dense: one run.
    int64_t count = typeOf(result).getNumElements();
    plan.sources.push_back(
        {reshape.getInput1(), {StridedCopy{{{count, 1, 1}}, 0, 0}}});
  } else {
    addBox(op->getOperand(0), shape, zeros, zeros);
  }
  return plan;
}

std::optional<ChannelCopyPlan> mlir::lw::planChannelCopy(Operation *op,
                                                         int64_t vector) {
  ChannelCopyPlan plan;
  RankedTensorType type = typeOf(op->getResult(0));
  if (type.getRank() != 4)
    return std::nullopt;
  int64_t channels = type.getDimSize(3);
  auto add = [&](Value source) {
    plan.sources.push_back(source);
    plan.spec.sources.push_back(getLayout(source));
  };
  if (auto concat = dyn_cast<tosa::ConcatOp>(op)) {
    if (concat.getAxis() != 3)
      return std::nullopt;
    for (auto [i, part] : llvm::enumerate(concat.getInput1())) {
      add(part);
      for (int64_t c = 0; c < typeOf(part).getDimSize(3); ++c)
        plan.spec.origins.push_back({static_cast<int64_t>(i), c});
    }
  } else if (auto slice = dyn_cast<tosa::SliceOp>(op)) {
    if (typeOf(slice.getInput1()).getShape().drop_back() !=
        type.getShape().drop_back())
      return std::nullopt;
    add(slice.getInput1());
    int64_t begin = constantIntegers(slice.getStart()).back();
    for (int64_t c = 0; c < channels; ++c)
      plan.spec.origins.push_back({0, begin + c});
  } else if (auto shuffle = dyn_cast<ChannelShuffleOp>(op)) {
    add(shuffle.getInput());
    // y[j*G + g] = x[g*(C/G) + j].
    int64_t groups = shuffle.getGroups();
    for (int64_t c = 0; c < channels; ++c)
      plan.spec.origins.push_back(
          {0, c % groups * (channels / groups) + c / groups});
  } else {
    return std::nullopt;
  }
  plan.spec.out = getLayout(op->getResult(0));
  auto blocked = [&](const Layout &l) { return l.block == vector; };
  if (vector == 1 || !blocked(plan.spec.out) ||
      !llvm::all_of(plan.spec.sources, blocked))
    return std::nullopt;
  return plan;
}

bool mlir::lw::isAlias(Operation *op) {
  if (isa<tosa::ConcatOp, tosa::PadOp, tosa::TileOp, ChannelShuffleOp,
          InterleaveOp, InterpolateOp>(op))
    return false;
  Layout from = getLayout(op->getOperand(0)), to = getLayout(op->getResult(0));
  if (from.elements() != to.elements())
    return false;
  // A copy has a border of its own, with other zero points.
  if (isa<tosa::IdentityOp, ConvertLayoutOp>(op))
    return from.samePlacement(to) && zerosAround(op->getResult(0)).empty();
  if (from.hasHalo() || to.hasHalo() || from.c % from.block || to.c % to.block)
    return false;
  CopyPlan plan = planCopy(op);
  if (plan.sources.size() != 1 || plan.sources[0].copies.size() != 1)
    return false;
  const StridedCopy &copy = plan.sources[0].copies[0];
  return copy.sourceBase == 0 && copy.targetBase == 0 &&
         (copy.dims.empty() ||
          (copy.dims.size() == 1 && copy.dims[0].sourceStride == 1 &&
           copy.dims[0].targetStride == 1));
}

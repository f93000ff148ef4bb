//===- Strategy.cpp - From operations with layouts to kernel specifications
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Strategy.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::lw;

static RankedTensorType typeOf(Value value) {
  return dyn_cast<RankedTensorType>(value.getType());
}

static bool isStaticF32(Value value) {
  RankedTensorType type = typeOf(value);
  return type && type.hasStaticShape() && type.getElementType().isF32();
}

bool mlir::lw::isCompileTime(Operation *op) {
  return op->hasTrait<OpTrait::ConstantLike>() || isa<tosa::ConstShapeOp>(op);
}

//===----------------------------------------------------------------------===//
// Classification
//===----------------------------------------------------------------------===//

/// Ways in which an operand of an element-wise operation meets its result;
/// std::nullopt when the kernel does not know the broadcast.
static std::optional<ElementwiseOperand::Kind> meet(Value operand,
                                                    RankedTensorType result) {
  RankedTensorType type = typeOf(operand);
  if (!isStaticF32(operand))
    return std::nullopt;
  if (type.getShape() == result.getShape())
    return ElementwiseOperand::Full;
  if (type.getNumElements() == 1 && isConstantFloat(operand))
    return ElementwiseOperand::Splat;
  // [.., 1, 1, C]: one value a channel.
  if (type.getRank() == result.getRank() && type.getRank() == 4 &&
      type.getNumElements() == result.getDimSize(3) &&
      type.getDimSize(3) == result.getDimSize(3))
    return ElementwiseOperand::Channel;
  return std::nullopt;
}

static bool isElementwise(Operation *op) {
  SmallVector<Value> operands = kernelOperands(op);
  if (operands.empty() || !isStaticF32(op->getResult(0)))
    return false;
  return llvm::all_of(operands, [&](Value operand) {
    return meet(operand, typeOf(op->getResult(0))).has_value();
  });
}

static bool isCopy(Operation *op) {
  if (!isa<tosa::TransposeOp, tosa::ConcatOp, tosa::SliceOp, tosa::PadOp,
           tosa::ReshapeOp, tosa::IdentityOp, ChannelShuffleOp>(op))
    return false;
  if (!isStaticF32(op->getResult(0)) || !isStaticF32(op->getOperand(0)))
    return false;
  if (isa<tosa::SliceOp, tosa::PadOp>(op))
    return llvm::all_of(op->getOperands().drop_front(),
                        [](Value v) { return matchPattern(v, m_Constant()); });
  return true;
}

KernelFamily mlir::lw::classify(Operation *op, int64_t vector) {
  if (auto conv = dyn_cast<ConvolutionOpInterface>(op)) {
    bool constants =
        llvm::all_of(conv.getConvFilters(), isConstantFloat) &&
        (!conv.getConvBias() || isConstantFloat(conv.getConvBias()));
    if (!constants || !isStaticF32(op->getResult(0)) ||
        !isStaticF32(conv.getConvInput()) || isa<SeparableConv2DOp>(op))
      return KernelFamily::Reference;
    return isa<DepthwiseConv2DOp>(op) ? KernelFamily::Depthwise
                                      : KernelFamily::Gemm;
  }
  if (isa<tosa::MaxPool2dOp, tosa::AvgPool2dOp>(op) &&
      isStaticF32(op->getResult(0)))
    return KernelFamily::Pool;
  if (isElementwise(op))
    return KernelFamily::Elementwise;
  if (isCopy(op))
    return KernelFamily::Copy;
  return KernelFamily::Reference;
}

//===----------------------------------------------------------------------===//
// Specifications
//===----------------------------------------------------------------------===//

static KernelAttr kernelOf(Operation *op) {
  return op->getAttrOfType<KernelAttr>(kKernelAttrName);
}

GemmSpec mlir::lw::gemmSpec(ConvolutionOpInterface op, int64_t vector,
                            bool linear) {
  GemmSpec spec;
  spec.g = op.getConvGeometry();
  spec.in = getLayout(op.getConvInput());
  spec.out = getLayout(op->getResult(0));
  if (Value residual = op.getConvResidual())
    spec.residual = getLayout(residual);
  spec.hasBias = static_cast<bool>(op.getConvBias());
  spec.activation = op.getConvActivation();
  spec.vector = vector;
  if (linear)
    spec.linearize();
  if (KernelAttr kernel = kernelOf(op)) {
    spec.tileHeight = kernel.getTileHeight();
    spec.tileWidth = kernel.getTileWidth();
    spec.tileVectors = kernel.getTileVectors();
    spec.taps = kernel.getTaps();
    spec.order = kernel.getOrder();
  }
  return spec;
}

WinogradSpec mlir::lw::winogradSpec(ConvolutionOpInterface op, int64_t vector) {
  WinogradSpec spec;
  spec.g = op.getConvGeometry();
  spec.in = getLayout(op.getConvInput());
  spec.out = getLayout(op->getResult(0));
  if (Value residual = op.getConvResidual())
    spec.residual = getLayout(residual);
  spec.hasBias = static_cast<bool>(op.getConvBias());
  spec.activation = op.getConvActivation();
  spec.vector = vector;
  KernelAttr kernel = kernelOf(op);
  if (kernel && kernel.getWinograd().size() == 4) {
    spec.outputs = kernel.getWinograd()[0];
    spec.rows = kernel.getWinograd()[1];
    spec.vectors = kernel.getWinograd()[2];
    spec.parallel = kernel.getWinograd()[3] > 1;
    setWinogradProduct(spec);
    spec.product.tileWidth = kernel.getTileWidth();
    spec.product.tileVectors = kernel.getTileVectors();
    spec.product.order = kernel.getOrder();
  }
  return spec;
}

DepthwiseSpec mlir::lw::depthwiseSpec(DepthwiseConv2DOp op, int64_t vector) {
  DepthwiseSpec spec;
  spec.g = op.getConvGeometry();
  spec.in = getLayout(op.getInput());
  spec.out = getLayout(op.getOutput());
  if (Value residual = op.getResidual())
    spec.residual = getLayout(residual);
  spec.hasBias = static_cast<bool>(op.getBias());
  spec.activation = op.getActivationAttr();
  spec.vector = vector;
  if (KernelAttr kernel = kernelOf(op)) {
    spec.tileHeight = kernel.getTileHeight();
    spec.tileWidth = kernel.getTileWidth();
  }
  return spec;
}

template <typename Pool> static ConvGeometry poolGeometry(Pool op) {
  RankedTensorType in = typeOf(op.getInput()), out = typeOf(op.getOutput());
  ConvGeometry g;
  g.batch = in.getDimSize(0);
  g.inHeight = in.getDimSize(1);
  g.inWidth = in.getDimSize(2);
  g.inChannels = g.outChannels = in.getDimSize(3);
  g.outHeight = out.getDimSize(1);
  g.outWidth = out.getDimSize(2);
  g.kernelHeight = op.getKernel()[0];
  g.kernelWidth = op.getKernel()[1];
  g.strides = {op.getStride()[0], op.getStride()[1]};
  std::copy_n(op.getPad().begin(), 4, g.padding.begin());
  return g;
}

PoolSpec mlir::lw::poolSpec(Operation *op, int64_t vector) {
  PoolSpec spec;
  spec.average = isa<tosa::AvgPool2dOp>(op);
  spec.g = spec.average ? poolGeometry(cast<tosa::AvgPool2dOp>(op))
                        : poolGeometry(cast<tosa::MaxPool2dOp>(op));
  spec.in = getLayout(op->getOperand(0));
  spec.out = getLayout(op->getResult(0));
  spec.vector = vector;
  return spec;
}

ElementwiseSpec mlir::lw::elementwiseSpec(Operation *op) {
  ElementwiseSpec spec;
  spec.out = getLayout(op->getResult(0));
  for (Value operand : kernelOperands(op)) {
    ElementwiseOperand o;
    o.kind = *meet(operand, typeOf(op->getResult(0)));
    // A constant of the result's shape is packed in the result's layout.
    o.layout = isConstantFloat(operand) ? spec.out : getLayout(operand);
    if (o.kind == ElementwiseOperand::Splat)
      o.splat = (*readConstant(operand))[0];
    spec.operands.push_back(o);
  }
  return spec;
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

static bool isFamily(Operation *op, KernelFamily family) {
  KernelAttr kernel = op ? kernelOf(op) : nullptr;
  return kernel && kernel.getFamily() == family;
}

std::optional<StageOps> mlir::lw::findStage(Operation *op) {
  StageOps stage;
  stage.project = dyn_cast<PointwiseConv2DOp>(op);
  if (stage.project) {
    stage.depthwise =
        stage.project.getInput().getDefiningOp<DepthwiseConv2DOp>();
    if (!isFamily(op, KernelFamily::Gemm) ||
        stage.project.getConvGeometry().hasStride() || !stage.depthwise ||
        !stage.depthwise->hasOneUse() || stage.depthwise.getResidual())
      return std::nullopt;
  } else {
    stage.depthwise = dyn_cast<DepthwiseConv2DOp>(op);
  }
  if (!stage.depthwise || !isFamily(stage.depthwise, KernelFamily::Depthwise) ||
      stage.depthwise.getConvGeometry().batch != 1)
    return std::nullopt;
  auto before = dyn_cast_or_null<ConvolutionOpInterface>(
      stage.depthwise.getInput().getDefiningOp());
  if (before && isFamily(before, KernelFamily::Gemm) && before->hasOneUse() &&
      !before.getConvResidual())
    stage.expand = before;
  if (!stage.expand && !stage.project)
    return std::nullopt;
  return stage;
}

StageOps mlir::lw::markedStage(Operation *end) {
  StageOps stage = *findStage(end);
  if (stage.expand && !isStrip(stage.expand))
    stage.expand = {};
  return stage;
}

int64_t mlir::lw::stripRows(StageOps stage) {
  auto mark = [](Operation *op) {
    return op->getAttrOfType<IntegerAttr>(kStripAttrName).getInt();
  };
  if (stage.project)
    return mark(stage.depthwise);
  StageSpec spec;
  spec.depthwise.g = stage.depthwise.getConvGeometry();
  return (mark(stage.expand) - spec.window()) / spec.depthwise.g.strides[0] + 1;
}

StageSpec mlir::lw::stageSpec(StageOps ops, int64_t rows, int64_t vector) {
  StageSpec spec;
  spec.rows = rows;
  spec.depthwise = depthwiseSpec(ops.depthwise, vector);
  auto strip = [](Layout &l, int64_t height) {
    l.h = height;
    l.halo[0] = l.halo[1] = 0;
  };
  // The weights of strip after strip are near.
  if (ops.expand) {
    spec.expand = gemmSpec(ops.expand, vector, /*linear=*/false);
    spec.expand->coldWeights = false;
    strip(spec.expand->out, spec.expandedRows(rows));
    spec.depthwise.in = spec.expand->out;
  }
  if (ops.project) {
    spec.project = gemmSpec(ops.project, vector, /*linear=*/false);
    spec.project->coldWeights = false;
    strip(spec.depthwise.out, rows);
    spec.project->in = spec.depthwise.out;
  }
  return spec;
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

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
    std::optional<std::vector<float>> value = readConstant(pad.getPadConst());
    plan.fill = value && !value->empty() ? value->front() : 0.0f;
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
  if (isa<tosa::ConcatOp, tosa::PadOp, ChannelShuffleOp>(op))
    return false;
  Layout from = getLayout(op->getOperand(0)), to = getLayout(op->getResult(0));
  if (from.elements() != to.elements())
    return false;
  if (isa<tosa::IdentityOp>(op))
    return from.samePlacement(to);
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

std::optional<TargetInfo> mlir::lw::findTarget(Operation *op,
                                               llvm::StringRef cpu,
                                               llvm::StringRef features) {
  std::string error;
  std::optional<TargetInfo> target = TargetInfo::get(cpu, features, error);
  if (!target)
    op->emitError(error);
  return target;
}

func::FuncOp mlir::lw::findMain(Operation *module) {
  auto main = dyn_cast_or_null<func::FuncOp>(
      SymbolTable::lookupSymbolIn(module, "main"));
  if (!main || main.isExternal()) {
    module->emitError("expects a function @main with a body");
    return {};
  }
  if (!llvm::hasSingleElement(main.getBody())) {
    main.emitError("expects @main to be one block of operations");
    return {};
  }
  return main;
}

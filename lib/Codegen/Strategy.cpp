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

/// The part of a specification that kernels have in common.
static void describe(ConvolutionOpInterface op, int64_t vector,
                     ConvSpec &spec) {
  spec.g = op.getConvGeometry();
  spec.in = getLayout(op.getConvInput());
  spec.out = getLayout(op->getResult(0));
  if (Value residual = op.getConvResidual())
    spec.residual = getLayout(residual);
  spec.hasBias = static_cast<bool>(op.getConvBias());
  spec.activation = op.getConvActivation();
  spec.vector = vector;
}

GemmSpec mlir::lw::gemmSpec(ConvolutionOpInterface op, int64_t vector,
                            bool linear) {
  GemmSpec spec;
  describe(op, vector, spec);
  if (linear)
    spec.linearize();
  spec.threads = getThreads(op, spec.macs());
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
  describe(op, vector, spec);
  KernelAttr kernel = kernelOf(op);
  if (kernel && kernel.getWinograd().size() == 4) {
    spec.outputs = kernel.getWinograd()[0];
    spec.rows = kernel.getWinograd()[1];
    spec.vectors = kernel.getWinograd()[2];
    spec.threads = kernel.getWinograd()[3];
    setWinogradProduct(spec);
    spec.product.tileWidth = kernel.getTileWidth();
    spec.product.tileVectors = kernel.getTileVectors();
    spec.product.order = kernel.getOrder();
  }
  return spec;
}

DepthwiseSpec mlir::lw::depthwiseSpec(DepthwiseConv2DOp op, int64_t vector) {
  DepthwiseSpec spec;
  describe(op, vector, spec);
  spec.threads = getThreads(op, 4.0 * (spec.in.bytes() + spec.out.bytes()));
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
  spec.threads = getThreads(ops.depthwise);
  spec.depthwise.threads = 1;
  auto strip = [](Layout &l, int64_t height) {
    l.h = height;
    l.halo[0] = l.halo[1] = 0;
  };
  // The weights of strip after strip are near.
  if (ops.expand) {
    spec.expand = gemmSpec(ops.expand, vector, /*linear=*/false);
    spec.expand->coldWeights = false;
    spec.expand->threads = 1;
    strip(spec.expand->out, spec.expandedRows(rows));
    spec.depthwise.in = spec.expand->out;
  }
  if (ops.project) {
    spec.project = gemmSpec(ops.project, vector, /*linear=*/false);
    spec.project->coldWeights = false;
    spec.project->threads = 1;
    strip(spec.depthwise.out, rows);
    spec.project->in = spec.depthwise.out;
  }
  return spec;
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

//===- StageOps.cpp - Operations that are computed strip by strip
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Stage/StageOps.h"
#include "Kernels/ConvCalls.h"
#include "Kernels/Depthwise/DepthwiseKind.h"
#include "Kernels/Gemm/GemmKind.h"

using namespace mlir;
using namespace mlir::lw;

template <typename Attr> static bool hasPlan(Operation *op) {
  return op && planOf<Attr>(op);
}

std::optional<StageOps> mlir::lw::findStage(Operation *op) {
  StageOps stage;
  // Integers gain nothing: their intermediates are near anyway.
  auto end = dyn_cast<ConvolutionOpInterface>(op);
  if (!end || end.getConvQuantization())
    return std::nullopt;
  stage.project = dyn_cast<PointwiseConv2DOp>(op);
  if (stage.project) {
    stage.depthwise =
        stage.project.getInput().getDefiningOp<DepthwiseConv2DOp>();
    if (!hasPlan<GemmAttr>(op) || stage.project.getConvGeometry().hasStride() ||
        !stage.depthwise || !stage.depthwise->hasOneUse() ||
        stage.depthwise.getResidual())
      return std::nullopt;
  } else {
    stage.depthwise = dyn_cast<DepthwiseConv2DOp>(op);
  }
  if (!stage.depthwise || !hasPlan<DepthwiseAttr>(stage.depthwise) ||
      stage.depthwise.getConvGeometry().batch != 1)
    return std::nullopt;
  auto before = dyn_cast_or_null<ConvolutionOpInterface>(
      stage.depthwise.getInput().getDefiningOp());
  if (before && hasPlan<GemmAttr>(before) && before->hasOneUse() &&
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

StageSpec mlir::lw::stageSpec(StageOps ops, int64_t rows,
                              const TargetInfo &target) {
  StageSpec spec;
  spec.rows = rows;
  spec.depthwise = depthwiseSpec(ops.depthwise, target);
  spec.threads = getThreads(ops.depthwise);
  spec.depthwise.threads = 1;
  auto strip = [](Layout &l, int64_t height) {
    l.h = height;
    l.halo[0] = l.halo[1] = 0;
  };
  // The weights of strip after strip are near.
  if (ops.expand) {
    spec.expand = gemmSpec(ops.expand, target, /*linear=*/false);
    spec.expand->coldWeights = false;
    spec.expand->threads = 1;
    strip(spec.expand->out, spec.expandedRows(rows));
    spec.depthwise.in = spec.expand->out;
  }
  if (ops.project) {
    spec.project = gemmSpec(ops.project, target, /*linear=*/false);
    spec.project->coldWeights = false;
    spec.project->threads = 1;
    strip(spec.depthwise.out, rows);
    spec.project->in = spec.depthwise.out;
  }
  return spec;
}

bool mlir::lw::endsMarkedStage(Operation *op) {
  return !isStrip(op) && op->getNumOperands() != 0 &&
         isStrip(op->getOperand(0).getDefiningOp());
}

void mlir::lw::emitStageOf(Operation *end, KernelCalls &calls) {
  calls.border(end);
  StageOps stage = markedStage(end);
  Operation *ops[3] = {stage.expand, stage.depthwise, stage.project};
  Operation *begin = stage.expand ? ops[0] : ops[1];
  int64_t rows = stripRows(stage);
  StageSpec spec = stageSpec(stage, rows, calls.target);
  KernelKey key = calls.key().add({rows});
  SmallVector<Value> arguments = {calls.bufferOf(begin->getOperand(0))};
  ConvPlaces places[3];
  for (int i = 0; i < 3; ++i) {
    if (!ops[i])
      continue;
    auto conv = cast<ConvolutionOpInterface>(ops[i]);
    if (i == 1) {
      places[i] =
          addOperands(calls, conv,
                      ConstantData::get(
                          conv.getContext(),
                          packDepthwiseWeights(spec.depthwise, filterOf(conv))),
                      spec.depthwise.paddedChannels(), arguments);
      key = addConvolution(key, spec.depthwise, planOf(conv));
      continue;
    }
    const GemmSpec &gemm = i == 0 ? *spec.expand : *spec.project;
    places[i] = addOperands(calls, conv, packGemmWeights(gemm, conv),
                            gemm.paddedChannels(), arguments);
    key = addConvolution(key, gemm, planOf(conv));
  }
  calls.call("stage", key, arguments, end->getLoc(),
             [&](KernelBuilder &k, ValueRange args) {
               StageBuffers buffers;
               Value in = args[0];
               if (spec.expand) {
                 buffers.expand = places[0].in(args, in);
                 in = buffers.expand.output;
               }
               buffers.depthwise = places[1].in(args, in);
               if (spec.project)
                 buffers.project = places[2].in(args, buffers.depthwise.output);
               emitStage(k, spec, buffers);
             });
}

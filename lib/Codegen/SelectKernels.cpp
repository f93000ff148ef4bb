//===- SelectKernels.cpp - Choose kernel and memory layout of every layer
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Strategy.h"
#include "lw/Codegen/Passes.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Target/TargetInfo.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::lw {
#define GEN_PASS_DEF_LWSELECTKERNELS
#include "lw/Codegen/Passes.h.inc"
} // namespace mlir::lw

using namespace mlir;
using namespace mlir::lw;

namespace {

class Selector {
public:
  Selector(func::FuncOp main, const TargetInfo &target, WinogradUse winograd,
           int64_t threads, int64_t leastWork)
      : main(main), target(target), vector(target.vectorElements),
        threads(threads), leastWork(leastWork), winogradUse(winograd) {}

  void run();
  unsigned conversions = 0, reference = 0;

private:
  using Halo = std::array<int64_t, 4>;

  void considerWinograd(Operation *op);
  void chooseLayout(Operation *op);
  bool isReadByScalarsOnly(Value value);
  Halo haloOf(ConvolutionOpInterface conv);
  Halo haloFor(Value value);
  void shareHalosOfConcats();
  void convertOperands(Operation *op);
  void require(OpOperand &operand, const Layout &wanted);
  void chooseKernel(Operation *op);
  KernelFamily familyOf(Operation *op) { return families.lookup(op); }

  func::FuncOp main;
  const TargetInfo &target;
  const int64_t vector, threads, leastWork;
  const WinogradUse winogradUse;
  llvm::DenseMap<Operation *, WinogradSpec> winograds;
  llvm::DenseMap<Operation *, KernelFamily> families;
};

RankedTensorType tensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

bool isRank4(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() == 4;
}

} // namespace

/// Makes `op` a Winograd kernel where that is faster.
void Selector::considerWinograd(Operation *op) {
  auto conv = dyn_cast<ConvolutionOpInterface>(op);
  if (winogradUse == WinogradUse::Never || !conv ||
      familyOf(op) != KernelFamily::Gemm ||
      !isWinogradPossible(conv.getConvGeometry()))
    return;
  // As if operands lay as kernels like them.
  ConvGeometry g = conv.getConvGeometry();
  RankedTensorType in = tensorType(conv.getConvInput());
  GemmSpec gemm = gemmSpec(conv, vector);
  gemm.in = Layout::get(in, vector, g.padding);
  double direct = sharedCycles(chooseGemmTile(gemm, target), threads);
  WinogradSpec spec;
  double cycles = std::numeric_limits<double>::infinity();
  auto consider = [&](int64_t count) {
    WinogradSpec candidate = winogradSpec(conv, vector);
    candidate.in = gemm.in;
    double needed = chooseWinograd(candidate, target, count);
    if (needed <= cycles) {
      spec = candidate;
      cycles = needed;
    }
  };
  consider(threads);
  if (threads > 1 && leastWork > 0)
    consider(1); // may be enough
  if (cycles < direct || winogradUse == WinogradUse::Always) {
    families[op] = KernelFamily::Winograd;
    winograds[op] = spec;
  }
}

/// The halo that a convolution reads around its input.
Selector::Halo Selector::haloOf(ConvolutionOpInterface conv) {
  ConvGeometry g = conv.getConvGeometry();
  auto winograd = winograds.find(conv);
  return winograd == winograds.end()
             ? g.padding
             : WinogradSpec::halo(g, winograd->second.outputs);
}

/// The halo that the convolutions which read `value` want around it.
Selector::Halo Selector::haloFor(Value value) {
  Halo halo = {0, 0, 0, 0};
  for (Operation *user : value.getUsers()) {
    auto conv = dyn_cast<ConvolutionOpInterface>(user);
    if (!conv || familyOf(user) == KernelFamily::Reference ||
        conv.getConvInput() != value)
      continue;
    Halo wanted = haloOf(conv);
    for (int i = 0; i < 4; ++i)
      halo[i] = std::max(halo[i], wanted[i]);
  }
  return halo;
}

/// True when every use broadcasts single elements, so that the order of the
/// channels in memory does not matter.
bool Selector::isReadByScalarsOnly(Value value) {
  return !value.use_empty() &&
         llvm::all_of(value.getUses(), [&](OpOperand &use) {
           return familyOf(use.getOwner()) == KernelFamily::Gemm &&
                  use.getOperandNumber() == 0;
         });
}

void Selector::chooseLayout(Operation *op) {
  Value result = op->getResult(0);
  KernelFamily family = familyOf(op);
  op->removeAttr(kLayoutAttrName);
  if (!isRank4(result) || family == KernelFamily::Reference ||
      isa<tosa::ReshapeOp>(op))
    return;
  RankedTensorType type = tensorType(result);
  bool returned = llvm::any_of(result.getUsers(), [](Operation *user) {
    return isa<func::ReturnOp>(user);
  });
  int64_t channels = type.getDimSize(3);
  int64_t block = vector;
  bool onePixel = type.getDimSize(1) * type.getDimSize(2) == 1;
  if (family == KernelFamily::Depthwise || family == KernelFamily::Winograd)
    block = vector;
  else if (onePixel || (returned && result.hasOneUse()))
    block = channels;
  else if (family == KernelFamily::Copy && channels < vector &&
           isReadByScalarsOnly(result))
    block = 1; // images: three planes instead of one block padded to a vector
  op->setAttr(
      kLayoutAttrName,
      Layout::get(type, block, haloFor(result)).toAttr(op->getContext()));
}

/// Parts of a concatenation get the halo of the whole, so that they can be
/// computed in place.
void Selector::shareHalosOfConcats() {
  SmallVector<tosa::ConcatOp> concats(main.getOps<tosa::ConcatOp>());
  for (tosa::ConcatOp concat : llvm::reverse(concats)) {
    auto whole = concat->getAttrOfType<LayoutAttr>(kLayoutAttrName);
    if (!whole)
      continue;
    for (Value part : concat.getInput1()) {
      Operation *producer = part.getDefiningOp();
      auto attr = producer
                      ? producer->getAttrOfType<LayoutAttr>(kLayoutAttrName)
                      : nullptr;
      if (!attr || attr.getBlock() != whole.getBlock())
        continue;
      SmallVector<int64_t> halo;
      for (auto [a, b] : llvm::zip(attr.getHalo(), whole.getHalo()))
        halo.push_back(std::max(a, b));
      producer->setAttr(
          kLayoutAttrName,
          LayoutAttr::get(concat.getContext(), attr.getBlock(), halo));
    }
  }
}

/// Inserts a conversion unless the operand lies as wanted already.
void Selector::require(OpOperand &operand, const Layout &wanted) {
  Value value = operand.get();
  OpBuilder builder(operand.getOwner());
  auto identity = tosa::IdentityOp::create(
      builder, operand.getOwner()->getLoc(), value.getType(), value);
  identity->setAttr(kLayoutAttrName, wanted.toAttr(builder.getContext()));
  families[identity] = KernelFamily::Copy;
  operand.set(identity);
  ++conversions;
}

void Selector::convertOperands(Operation *op) {
  KernelFamily family = familyOf(op);
  auto requireBlock = [&](OpOperand &operand, int64_t block) {
    if (getLayout(operand.get()).block != block)
      require(operand, Layout::get(tensorType(operand.get()), block));
  };
  switch (family) {
  case KernelFamily::Gemm:
  case KernelFamily::Winograd:
  case KernelFamily::Depthwise: {
    auto conv = cast<ConvolutionOpInterface>(op);
    Halo halo = haloOf(conv);
    OpOperand &input = op->getOpOperand(0);
    Layout in = getLayout(input.get());
    bool wideEnough = true;
    for (int i = 0; i < 4; ++i)
      wideEnough &= in.halo[i] >= halo[i];
    bool blocked = family != KernelFamily::Gemm;
    if (!wideEnough || (blocked && in.block != vector)) {
      int64_t block = blocked ? vector : in.block;
      require(input, Layout::get(tensorType(input.get()), block, halo));
    }
    if (Value residual = conv.getConvResidual()) {
      Layout r = getLayout(residual);
      bool usable = r.block == vector || (!blocked && r.block == r.c);
      if (!usable)
        for (OpOperand &operand : op->getOpOperands().drop_front())
          if (operand.get() == residual)
            require(operand, Layout::get(tensorType(residual), vector));
    }
    return;
  }
  case KernelFamily::Pool:
    return requireBlock(op->getOpOperand(0), vector);
  case KernelFamily::Elementwise: {
    Layout out = getLayout(op->getResult(0));
    SmallVector<Value> operands = kernelOperands(op);
    for (OpOperand &operand : op->getOpOperands()) {
      if (!llvm::is_contained(operands, operand.get()) ||
          isConstantFloat(operand.get()) || !isRank4(operand.get()))
        continue;
      RankedTensorType type = tensorType(operand.get());
      if (type == tensorType(op->getResult(0)))
        requireBlock(operand, out.block);
      else if (!getLayout(operand.get()).isDense())
        require(operand, Layout::dense(type)); // one value a channel
    }
    return;
  }
  case KernelFamily::Copy:
    if (!isa<tosa::ReshapeOp>(op))
      return;
    [[fallthrough]];
  case KernelFamily::Alias:
  case KernelFamily::Reference:
    for (OpOperand &operand : op->getOpOperands())
      if (isRank4(operand.get()) && !getLayout(operand.get()).isDense())
        require(operand, Layout::dense(tensorType(operand.get())));
  }
}

void Selector::chooseKernel(Operation *op) {
  KernelFamily family = familyOf(op);
  int64_t tile[3] = {1, 1, 1}, taps = 1;
  LoopOrder order = LoopOrder::Rows;
  SmallVector<int64_t> winograd;
  op->removeAttr(kKernelAttrName);
  if (family == KernelFamily::Gemm) {
    GemmSpec spec = gemmSpec(cast<ConvolutionOpInterface>(op), vector);
    chooseGemmTile(spec, target);
    tile[0] = spec.tileHeight;
    tile[1] = spec.tileWidth;
    tile[2] = spec.tileVectors;
    taps = spec.taps;
    order = spec.order;
  } else if (family == KernelFamily::Depthwise) {
    DepthwiseSpec spec = depthwiseSpec(cast<DepthwiseConv2DOp>(op), vector);
    chooseDepthwiseTile(spec, target);
    tile[0] = spec.tileHeight;
    tile[1] = spec.tileWidth;
  } else if (family == KernelFamily::Winograd) {
    const WinogradSpec &spec = winograds.find(op)->second;
    tile[1] = spec.product.tileWidth;
    tile[2] = spec.product.tileVectors;
    order = spec.product.order;
    winograd = {spec.outputs, spec.rows, spec.vectors, spec.threads};
  } else if (family == KernelFamily::Copy && isAlias(op)) {
    family = KernelFamily::Alias;
  } else if (family == KernelFamily::Reference) {
    ++reference;
  }
  op->setAttr(kKernelAttrName,
              KernelAttr::get(op->getContext(), family, tile[0], tile[1],
                              tile[2], taps, vector, order, winograd));
}

void Selector::run() {
  auto layers = [&] {
    SmallVector<Operation *> ops;
    for (Operation &op : main.front().without_terminator())
      if (!isCompileTime(&op))
        ops.push_back(&op);
    return ops;
  };
  for (Operation *op : layers())
    families[op] = classify(op, vector);
  for (Operation *op : layers())
    considerWinograd(op);
  for (Operation *op : layers())
    if (op->getNumResults() == 1)
      chooseLayout(op);
  shareHalosOfConcats();
  for (Operation *op : layers())
    convertOperands(op);
  for (Operation *op : layers())
    chooseKernel(op);
}

namespace {
struct SelectKernels : public lw::impl::LwSelectKernelsBase<SelectKernels> {
  using LwSelectKernelsBase::LwSelectKernelsBase;

  void runOnOperation() override {
    if (threads < 1) {
      getOperation()->emitError("threads: expected at least 1");
      return signalPassFailure();
    }
    FailureOr<TargetInfo> target = TargetInfo::get(getOperation());
    func::FuncOp main =
        succeeded(target) ? findMain(getOperation()) : func::FuncOp();
    if (!main)
      return signalPassFailure();
    for (Operation &op : main.front().without_terminator())
      if (!isCompileTime(&op) && op.getNumResults() != 1) {
        op.emitError("expects operations with one result");
        return signalPassFailure();
      }
    if (threads > 1)
      main->setAttr(
          kThreadsAttrName,
          Builder(&getContext()).getDenseI64ArrayAttr({threads, leastWork}));
    Selector selector(main, *target, winograd, threads, leastWork);
    selector.run();
    numConversions = selector.conversions;
    numReference = selector.reference;
  }
};
} // namespace

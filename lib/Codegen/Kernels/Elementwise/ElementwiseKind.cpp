//===- ElementwiseKind.cpp - Element-wise operations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Elementwise/ElementwiseKind.h"
#include "Kernels/Elementwise/QuantizedElements.h"
#include "Kernels/KernelCalls.h"
#include "Kernels/Support.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/Rescale.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace mlir::lw;

bool mlir::lw::isStaticWords(Value value) {
  RankedTensorType type = tensorTypeOf(value);
  return type && type.hasStaticShape() && type.getRank() != 4 &&
         type.getElementType().isInteger(32);
}

/// Whether an operand broadcasts to the result, which it has the rank of.
static bool meets(Value operand, RankedTensorType result) {
  RankedTensorType type = tensorTypeOf(operand);
  return (isStaticElements(operand) || isStaticWords(operand)) &&
         type.getRank() == result.getRank() &&
         llvm::all_of(llvm::zip(type.getShape(), result.getShape()),
                      [](auto pair) {
                        auto [from, to] = pair;
                        return from == to || from == 1;
                      });
}

/// As many channels as the result, which then lie alike.
static bool sharesChannels(Value operand, Value result) {
  return tensorTypeOf(operand).getDimSize(3) ==
         tensorTypeOf(result).getDimSize(3);
}

/// Where a value of this layout lies, repeated to the extents of `out`; images,
/// blocks, rows, pixels and lanes.
static ElementwiseSpec::Side sideOf(const Layout &l, const Layout &out) {
  auto stride = [](int64_t extent, int64_t of, int64_t stride) {
    return extent == 1 && of != 1 ? 0 : stride;
  };
  return {l.origin(),
          {stride(l.n, out.n, l.imageStride()),
           stride(l.c, out.c, l.blockStride()),
           stride(l.h, out.h, l.rowStride()), stride(l.w, out.w, l.block),
           stride(l.c, out.c, 1)},
          {}};
}

/// The same of a row-major tensor.
static ElementwiseSpec::Side sideOf(ArrayRef<int64_t> shape,
                                    ArrayRef<int64_t> out) {
  ElementwiseSpec::Side side;
  int64_t stride = 1;
  for (auto [extent, of] : llvm::reverse(llvm::zip(shape, out))) {
    side.strides.push_back(extent == 1 && of != 1 ? 0 : stride);
    stride *= extent;
  }
  std::reverse(side.strides.begin(), side.strides.end());
  return side;
}

/// The layout of an operand; constants are packed as the kernel wants them.
static Layout layoutOfOperand(Value operand, Value result) {
  if (!isConstantFloat(operand) || !isRank4(operand))
    return getLayout(operand);
  return sharesChannels(operand, result)
             ? Layout::get(tensorTypeOf(operand), getLayout(result).block)
             : Layout::dense(tensorTypeOf(operand));
}

/// A row-major value as blocks of channels are made of it.
static ElementwiseSpec::Side sideOfBlocks(const Layout &l, int64_t block) {
  return {l.origin(), {l.imageStride(), block, l.rowStride(), l.block, 1}, {}};
}

/// Whether `op` moves whole blocks of channels to the halves of longer ones, or
/// back, as it rounds.
static bool changesBlocks(Operation *op) {
  if (!isRounding(op) || !isRank4(op->getResult(0)))
    return false;
  Layout in = getLayout(op->getOperand(0)), out = getLayout(op->getResult(0));
  auto [small, large] = std::minmax(in.block, out.block);
  return small != large && large % small == 0 && out.c % large == 0;
}

/// Of a value in blocks that are cut into parts of `part` channels, `parts` of
/// which are a block of the longer ones.
static ElementwiseSpec::Side sideOfParts(const Layout &l, int64_t part,
                                         int64_t parts) {
  bool whole = l.block != part;
  return {l.origin(),
          {l.imageStride(), whole ? l.blockStride() : parts * l.blockStride(),
           whole ? part : l.blockStride(), l.rowStride(), l.block, 1},
          {}};
}

/// A number for each channel.
static ElementwiseSpec::Side sideOfChannels(Value result) {
  ElementwiseSpec::Side side;
  side.strides.assign(isRank4(result) ? 5 : tensorTypeOf(result).getRank(), 0);
  side.strides.back() = 1;
  if (isRank4(result))
    side.strides[1] = getLayout(result).block;
  return side;
}

static ElementwiseSpec elementwiseSpec(Operation *op) {
  ElementwiseSpec spec;
  Value result = op->getResult(0);
  ArrayRef<int64_t> shape = tensorTypeOf(result).getShape();
  bool isImage = isRank4(result);
  Layout out = getLayout(result);
  spec.extents = SmallVector<int64_t>(shape);
  if (isImage)
    spec.extents = {out.n, out.blocks(), out.h, out.w, out.block};
  spec.out = isImage ? sideOf(out, out) : sideOf(shape, shape);
  if (changesBlocks(op)) {
    Layout in = getLayout(op->getOperand(0));
    auto [part, whole] = std::minmax(in.block, out.block);
    int64_t parts = whole / part;
    spec.extents = {out.n, out.c / whole, parts, out.h, out.w, part};
    spec.out = sideOfParts(out, part, parts);
    spec.operands = {sideOfParts(in, part, parts)};
    spec.simplify();
    return spec;
  }
  for (Value operand : kernelOperands(op)) {
    ElementwiseSpec::Side side;
    if (isConstantFloat(operand) && tensorTypeOf(operand).getNumElements() == 1)
      side.splat = (*readConstant(operand))[0];
    else if (isImage && isa<tosa::RescaleOp>(op) &&
             getLayout(operand).block != out.block)
      side = sideOfBlocks(getLayout(operand), out.block);
    else if (isImage)
      side = sideOf(layoutOfOperand(operand, result), out);
    else
      side = sideOf(tensorTypeOf(operand).getShape(), shape);
    spec.operands.push_back(side);
  }
  if (std::optional<Rescale> rescale = Rescale::get(op);
      rescale && rescale->perChannel())
    spec.operands.append(2, sideOfChannels(result));
  spec.simplify();
  return spec;
}

/// A quantization from planes to pixels of the bytes of a step.
static bool isImage(Operation *op) {
  return isa<QuantizeOp>(op) && isRank4(op->getResult(0)) &&
         getLayout(op->getResult(0)).block == kStepBlock &&
         getLayout(op->getResult(0)).c <= kStepBlock &&
         getLayout(op->getResult(0)).h * getLayout(op->getResult(0)).w > 1;
}

int64_t ElementwiseKind::resultBlock(Operation *op,
                                     const ResultUse &use) const {
  int64_t block = KernelKind::resultBlock(op, use);
  if (isa<tosa::RescaleOp>(op) && isRank4(op->getOperand(0))) {
    // Of row-major channels that are no whole blocks, the last would be read
    // beyond its end.
    Layout in = getLayout(op->getOperand(0));
    bool isSum = in.type.isInteger(32);
    return isSum && in.block != block && use.channels % block ? use.channels
                                                              : block;
  }
  if (isa<DequantizeOp>(op) && block == use.vector)
    return TargetInfo::kByteBlock;
  return isa<QuantizeOp>(op) ? imageBlock(op->getResult(0), block, use) : block;
}

bool ElementwiseKind::readsScalars(OpOperand &operand) const {
  RankedTensorType type = tensorTypeOf(operand.get());
  return isa<QuantizeOp>(operand.getOwner()) && isRank4(operand.get()) &&
         type.getDimSize(3) <= kStepBlock;
}

KernelKind::Order ElementwiseKind::orderOf(OpOperand &operand) const {
  return isStaticF32(operand.getOwner()->getResult(0)) &&
                 isStaticF32(operand.get())
             ? Order::OfResult
             : Order::Own;
}

bool ElementwiseKind::canCompute(Operation *op) const {
  // The kernel lets NaN through.
  if (skipsNan(op))
    return false;
  SmallVector<Value> operands = kernelOperands(op);
  if (operands.empty())
    return false;
  if (isa<tosa::RescaleOp>(op)) {
    Operation *maker = operands[0].getDefiningOp();
    return (!maker || !isCompileTime(maker)) &&
           tensorTypeOf(operands[0]).getNumElements() > 0;
  }
  if (isRounding(op))
    return isStaticFloats(op->getResult(0)) && isStaticFloats(operands[0]) &&
           !isConstantFloat(operands[0]);
  if (!isStaticElements(op->getResult(0)))
    return false;
  // Of bytes, only what is known to stand for something.
  if (!isQuantizedElementwise(op) && !isStaticF32(op->getResult(0)))
    return false;
  // Constants are not packed for those.
  if (isQuantizedElementwise(op) && llvm::any_of(operands, [](Value operand) {
        return operand.getDefiningOp() &&
               isCompileTime(operand.getDefiningOp());
      }))
    return false;
  RankedTensorType type = tensorTypeOf(op->getResult(0));
  return llvm::all_of(operands, [&](Value operand) {
    if (isQuantizedElementwise(op) &&
        tensorTypeOf(operand).getShape() != type.getShape() &&
        (!isRank4(operand) || !sharesChannels(operand, op->getResult(0))))
      return false;
    return meets(operand, type);
  });
}

bool mlir::lw::isFusible(Operation *op, RankedTensorType type) {
  SmallVector<Value> operands = kernelOperands(op);
  if (operands.empty() || isQuantizedElementwise(op) || skipsNan(op) ||
      isCompileTime(op))
    return false;
  RankedTensorType result = tensorTypeOf(op->getResult(0));
  bool onIntegers = isIntegerArithmetic(op);
  if (!result || result.getShape() != type.getShape() ||
      !(result.getElementType().isF32() ||
        result.getElementType().isInteger(1) ||
        (onIntegers && isStaticWords(op->getResult(0)))))
    return false;
  return llvm::all_of(operands, [&](Value operand) {
    RankedTensorType from = tensorTypeOf(operand);
    bool isTruth = from && from.getElementType().isInteger(1);
    return isTruth
               ? from.getShape() == type.getShape()
               : (onIntegers ? isStaticWords(operand) : isStaticF32(operand)) &&
                     meets(operand, type);
  });
}

std::optional<Layout> ElementwiseKind::wantedLayout(OpOperand &operand,
                                                    KernelAttrInterface,
                                                    int64_t) const {
  Operation *op = operand.getOwner();
  if (isImage(op))
    return wantBlocks(operand, 1);
  if (isa<tosa::RescaleOp>(op)) {
    if (operand.getOperandNumber() != 0 || !isRank4(operand.get()))
      return std::nullopt;
    // Sums come row-major, or in blocks of bytes.
    Layout in = getLayout(operand.get()), out = getLayout(op->getResult(0));
    if (in.block == out.block || !in.type.isInteger(32))
      return wantBlocks(operand, out.block);
    return wantRowMajor(operand);
  }
  if (changesBlocks(op) ||
      !llvm::is_contained(kernelOperands(op), operand.get()) ||
      isConstantFloat(operand.get()) || !isRank4(operand.get()) ||
      !sharesChannels(operand.get(), op->getResult(0)))
    return std::nullopt;
  return wantBlocks(operand, getLayout(op->getResult(0)).block);
}

KernelAttrInterface ElementwiseKind::choose(Operation *op, KernelAttrInterface,
                                            const Selection &) const {
  return ElementwiseAttr::get(op->getContext());
}

LogicalResult ElementwiseKind::verify(Operation *op,
                                      const TargetInfo &target) const {
  for (OpOperand &operand : op->getOpOperands())
    if (std::optional<Layout> wanted = wantedLayout(
            operand, planOf(op), target.blockOf(getLayout(operand.get()).type)))
      return op->emitError("expects operand ")
             << operand.getOperandNumber() << " in blocks of " << wanted->block
             << ", found " << getLayout(operand.get()).block;
  return success();
}

/// Row-major elements of a constant, moved into a layout.
static std::vector<float> packed(ArrayRef<float> values, const Layout &l) {
  std::vector<float> moved(l.elements(), 0.0f);
  size_t i = 0;
  for (int64_t n = 0; n < l.n; ++n)
    for (int64_t h = 0; h < l.h; ++h)
      for (int64_t w = 0; w < l.w; ++w)
        for (int64_t c = 0; c < l.c; ++c)
          moved[l.origin() + n * l.imageStride() +
                c / l.block * l.blockStride() + h * l.rowStride() +
                w * l.block + c % l.block] = values[i++];
  return moved;
}

void ElementwiseKind::emit(Operation *op, KernelCalls &calls) const {
  calls.border(op);
  if (isImage(op)) {
    Layout in = getLayout(op->getOperand(0)), out = getLayout(op->getResult(0));
    QuantAttr quant = cast<QuantizeOp>(op).getQuantization();
    return calls.call(
        "quantize_image", calls.key().add(in).add(out).add(quant),
        {calls.bufferOf(op->getResult(0)), calls.bufferOf(op->getOperand(0))},
        op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
          emitQuantizedImage(k, in, out, quant, args[1], args[0]);
        });
  }
  ElementwiseSpec spec = elementwiseSpec(op);
  KernelKey key = calls.key();
  addOperation(key, op);
  auto addSide = [&](const ElementwiseSpec::Side &side) {
    key.add({side.origin, int64_t(side.splat.has_value())})
        .add(side.splat.value_or(0.0f));
    for (int64_t stride : side.strides)
      key.add({stride});
  };
  for (int64_t extent : spec.extents)
    key.add({extent});
  addSide(spec.out);
  SmallVector<Value> arguments = {calls.bufferOf(op->getResult(0))};
  for (const ElementwiseSpec::Side &side : spec.operands)
    addSide(side);
  for (auto [operand, side] :
       llvm::zip_first(kernelOperands(op), spec.operands)) {
    if (side.splat)
      continue;
    arguments.push_back(
        isConstantFloat(operand) && isRank4(operand)
            ? calls.global(
                  ConstantData::get(
                      op->getContext(),
                      packed(*readConstant(operand),
                             layoutOfOperand(operand, op->getResult(0)))),
                  op->getLoc())
            : calls.bufferOf(operand));
  }
  if (std::optional<Rescale> rescale = Rescale::get(op)) {
    key.add({rescale->inputZero, rescale->outputZero,
             int64_t(tensorTypeOf(op->getOperand(0))
                         .getElementType()
                         .getIntOrFloatBitWidth()),
             int64_t(tensorTypeOf(op->getResult(0))
                         .getElementType()
                         .getIntOrFloatBitWidth())});
    if (rescale->perChannel()) {
      key.add({rescale->roundsTwice()});
      int64_t padded = rescale->shifts.size();
      if (isRank4(op->getResult(0)))
        padded = llvm::alignTo(padded, getLayout(op->getResult(0)).block);
      for (std::vector<int32_t> numbers :
           {rescale->multipliers, rescale->shifts}) {
        numbers.resize(padded, 1);
        arguments.push_back(calls.global(
            ConstantData::get(op->getContext(), numbers), op->getLoc()));
      }
    } else {
      key.add({rescale->multipliers[0], rescale->shifts[0]});
    }
  }
  calls.call("elementwise", key, arguments, op->getLoc(),
             [&](KernelBuilder &k, ValueRange args) {
               SmallVector<Value> operands;
               size_t next = 1;
               for (const ElementwiseSpec::Side &side : spec.operands)
                 operands.push_back(side.splat ? Value() : args[next++]);
               emitElementwise(k, spec, op, operands, args[0]);
             });
}

//===- Emission.cpp - Function, buffers and constants of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Emission.h"
#include "LayerMarks.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::lw;

static MemRefType flatType(MLIRContext *context, int64_t elements) {
  return MemRefType::get({elements}, Float32Type::get(context));
}

void Emission::createMain() {
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  auto add = [&](Type type, DictionaryAttr attrs) {
    auto tensor = cast<RankedTensorType>(type);
    types.push_back(
        MemRefType::get(tensor.getShape(), tensor.getElementType()));
    attributes.push_back(attrs ? attrs : b.getDictionaryAttr({}));
  };
  for (unsigned i = 0; i < old.getNumArguments(); ++i)
    add(old.getArgumentTypes()[i], old.getArgAttrDict(i));
  for (unsigned i = 0; i < old.getNumResults(); ++i)
    add(old.getResultTypes()[i], old.getResultAttrDict(i));

  int64_t arenaBytes = 0;
  for (Operation &op : old.front())
    for (StringRef name : {kBufferAttrName, kScratchAttrName})
      if (auto buffer = op.getAttrOfType<BufferAttr>(name))
        arenaBytes =
            std::max(arenaBytes, buffer.getOffset() + buffer.getBytes());
  if (arenaBytes) {
    types.push_back(MemRefType::get({arenaBytes}, b.getI8Type()));
    attributes.push_back(
        b.getDictionaryAttr(b.getNamedAttr("lw.arena", b.getUnitAttr())));
  }

  b.setInsertionPointAfter(old);
  main = func::FuncOp::create(b, old.getLoc(), "main",
                              b.getFunctionType(types, {}));
  main.setAllArgAttrs(attributes);
  b.setInsertionPointToStart(main.addEntryBlock());
  for (auto [before, after] :
       llvm::zip(old.getArguments(), main.getArguments()))
    buffers[before] = flatten(after, old.getLoc());
  if (arenaBytes)
    arena = main.getArguments().back();
}

Value Emission::flatten(Value memref, Location location) {
  auto type = cast<MemRefType>(memref.getType());
  int64_t count = type.getNumElements();
  if (type.getRank() == 1)
    return memref;
  auto strided = MemRefType::get(
      {count}, type.getElementType(),
      StridedLayoutAttr::get(b.getContext(), 0, ArrayRef<int64_t>{1}));
  Value flat = memref::ReinterpretCastOp::create(b, location, strided, memref,
                                                 0, ArrayRef<int64_t>{count},
                                                 ArrayRef<int64_t>{1});
  return memref::CastOp::create(b, location, flatType(b.getContext(), count),
                                flat);
}

/// A dense buffer with the shape of a tensor.
Value Emission::shaped(Value flat, RankedTensorType type, Location location) {
  SmallVector<int64_t> strides(type.getRank(), 1);
  for (int64_t i = type.getRank() - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * type.getDimSize(i + 1);
  auto strided =
      MemRefType::get(type.getShape(), type.getElementType(),
                      StridedLayoutAttr::get(b.getContext(), 0, strides));
  Value cast = memref::ReinterpretCastOp::create(b, location, strided, flat, 0,
                                                 type.getShape(), strides);
  return memref::CastOp::create(
      b, location, MemRefType::get(type.getShape(), type.getElementType()),
      cast);
}

Value Emission::bufferOf(Value value) {
  if (Value known = buffers.lookup(value))
    return known;
  Operation *op = value.getDefiningOp();
  Location location = op->getLoc();
  Value &buffer = buffers[value];
  if (isCompileTime(op))
    return buffer = global(*readConstant(value), location);
  auto place = op->getAttrOfType<BufferAttr>(kBufferAttrName);
  if (!place) // an alias of an argument or a constant
    return buffers[value] = bufferOf(op->getOperand(0));
  return buffer = inArena(place.getOffset(), place.getBytes(), location);
}

Value Emission::inArena(int64_t offset, int64_t bytes, Location location) {
  Value start = arith::ConstantIndexOp::create(b, location, offset);
  return memref::ViewOp::create(b, location,
                                flatType(b.getContext(), bytes / 4), arena,
                                start, ValueRange());
}

Value Emission::global(ArrayRef<float> elements, Location location) {
  auto tensor = RankedTensorType::get({static_cast<int64_t>(elements.size())},
                                      b.getF32Type());
  auto type = flatType(b.getContext(), elements.size());
  std::string name = "weights_" + std::to_string(globals++);
  OpBuilder atModule = OpBuilder::atBlockBegin(module.getBody());
  memref::GlobalOp::create(atModule, location, name,
                           atModule.getStringAttr("private"), type,
                           DenseElementsAttr::get(tensor, elements),
                           /*constant=*/true, atModule.getI64IntegerAttr(64));
  return memref::GetGlobalOp::create(b, location, type, name);
}

void Emission::call(StringRef family, const KernelKey &key,
                    ArrayRef<Value> arguments, int64_t vector,
                    Location location, Body body) {
  // Types are part of the key: a kernel is for buffers of fixed sizes.
  SmallVector<Type> types(ValueRange(arguments).getTypes());
  Attribute full = b.getArrayAttr(
      {b.getStringAttr(family), key.get(), b.getTypeArrayAttr(types)});
  func::FuncOp &kernel = kernels[full];
  if (!kernel) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(main);
    kernel = func::FuncOp::create(
        b, location, (family + "_" + Twine(kernels.size() - 1)).str(),
        b.getFunctionType(types, {}));
    kernel.setPrivate();
    // One function a kernel keeps register allocation and profiles local.
    kernel.setNoInline(true);
    b.setInsertionPointToStart(kernel.addEntryBlock());
    auto end = func::ReturnOp::create(b, location);
    b.setInsertionPoint(end);
    KernelBuilder k(location, b, vector);
    // Convolutions know better.
    int64_t elements = 0;
    for (Value argument : arguments)
      elements += cast<MemRefType>(argument.getType()).getNumElements();
    k.marksParallel =
        getThreads(old.front().getTerminator(), 16.0 * elements) > 1;
    body(k, kernel.getArguments());
  }
  func::CallOp::create(b, location, kernel, arguments);
}

void Emission::emitReference(Operation *op) {
  SmallVector<Value> operands, arguments;
  std::string name = reference.add(op, operands);
  for (Value operand : operands)
    arguments.push_back(shaped(bufferOf(operand),
                               cast<RankedTensorType>(operand.getType()),
                               op->getLoc()));
  Value result = op->getResult(0);
  arguments.push_back(shaped(bufferOf(result),
                             cast<RankedTensorType>(result.getType()),
                             op->getLoc()));
  func::CallOp::create(b, op->getLoc(), name, TypeRange(), arguments);
}

void Emission::emit(Operation *op) {
  auto kernel = op->getAttrOfType<KernelAttr>(kKernelAttrName);
  lastVector = std::max(lastVector, kernel.getVector());
  switch (kernel.getFamily()) {
  case KernelFamily::Gemm:
  case KernelFamily::Depthwise:
    if (isStrip(op))
      return; // computed by the kernel of the stage's end
    emitBorderOf(op);
    if (isStrip(op->getOperand(0).getDefiningOp()))
      return emitStageOf(markedStage(op));
    return emitConvolution(op, kernel.getFamily());
  case KernelFamily::Winograd:
    emitBorderOf(op);
    return emitWinogradOf(cast<ConvolutionOpInterface>(op));
  case KernelFamily::Pool: {
    emitBorderOf(op);
    PoolSpec spec = poolSpec(op, kernel.getVector());
    return call(
        "pool",
        key().add({spec.average}).add(spec.g).add(spec.in).add(spec.out),
        {bufferOf(op->getOperand(0)), bufferOf(op->getResult(0))},
        kernel.getVector(), op->getLoc(),
        [&](KernelBuilder &k, ValueRange args) {
          emitPool(k, spec, args[0], args[1]);
        });
  }
  case KernelFamily::Elementwise:
    emitBorderOf(op);
    return emitElementwiseOp(op);
  case KernelFamily::Copy:
    return emitCopyOp(op);
  case KernelFamily::Alias:
    return;
  case KernelFamily::Reference:
    return emitReference(op);
  }
}

void Emission::returnResults() {
  auto end = cast<func::ReturnOp>(old.front().getTerminator());
  for (auto [i, value] : llvm::enumerate(end.getOperands())) {
    auto type = cast<RankedTensorType>(value.getType());
    Value target =
        flatten(main.getArgument(old.getNumArguments() + i), end.getLoc());
    CopyPlan::Source source{value, {}};
    if (type.getRank() == 4)
      source.copies = planConversion(getLayout(value), Layout::dense(type));
    else
      source.copies = {StridedCopy{{{type.getNumElements(), 1, 1}}, 0, 0}};
    copyOut(bufferOf(value), source, target, end.getLoc());
  }
  func::ReturnOp::create(b, end.getLoc());
}

void Emission::run() {
  createMain();
  LayerMarks marks(module);
  for (Operation &op : old.front().without_terminator())
    if (!isCompileTime(&op)) {
      emit(&op);
      if (profile && !isStrip(&op))
        marks.add(b, &op);
    }
  returnResults();
  if (profile)
    marks.describe();
  old.erase();
}

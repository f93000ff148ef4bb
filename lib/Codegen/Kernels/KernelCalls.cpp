//===- KernelCalls.cpp - Buffers, constants and shared kernels of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/KernelCalls.h"
#include "Kernels/Copy/CopyKernel.h"
#include "Kernels/Support.h"
#include "lw/Dialect/IR/Constants.h"
#include "lw/Dialect/IR/LwOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace mlir::lw;

KernelCalls::KernelCalls(ModuleOp module, const TargetInfo &target)
    : target(target), reference(module), b(module.getContext()) {}

void KernelCalls::begin(func::FuncOp tensors, func::FuncOp memrefs,
                        Value memory) {
  old = tensors;
  function = memrefs;
  arena = memory;
  b.setInsertionPointToEnd(&function.front());
}

/// A buffer of so many elements.
static MemRefType flatType(int64_t elements, Type type) {
  return MemRefType::get({elements}, type);
}

/// The elements of a constant value.
static ConstantData constantOf(Value value) {
  DenseElementsAttr elements;
  if (!getElementTypeOrSelf(value).isF32() &&
      matchPattern(value, m_Constant(&elements)))
    return ConstantData::get(elements);
  return ConstantData::get(value.getContext(), *readConstant(value));
}

Value KernelCalls::flatten(Value memref, Location location) {
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
  return memref::CastOp::create(b, location,
                                flatType(count, type.getElementType()), flat);
}

Value KernelCalls::shaped(Value flat, RankedTensorType type,
                          Location location) {
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

Value KernelCalls::bufferOf(Value value) {
  if (Value known = buffers.lookup(value))
    return known;
  Operation *op = value.getDefiningOp();
  Location location = op->getLoc();
  Value &buffer = buffers[value];
  if (isCompileTime(op))
    return buffer = global(constantOf(value), location);
  auto place = op->getAttrOfType<BufferAttr>(kBufferAttrName);
  if (!place) // an alias of an argument or a constant
    return buffers[value] = bufferOf(op->getOperand(0));
  Type type = cast<ShapedType>(value.getType()).getElementType();
  int64_t elements = place.getBytes() / Layout::bytesOf(type);
  return buffer = inArena(place.getOffset(), elements, type, location);
}

Value KernelCalls::inArena(int64_t offset, int64_t elements, Type type,
                           Location location) {
  Value start = arith::ConstantIndexOp::create(b, location, offset);
  return memref::ViewOp::create(b, location, flatType(elements, type), arena,
                                start, ValueRange());
}

/// Constants of fewer bytes are attributes, which can be read in the IR and in
/// which LLVM may look for what it can compute.
static constexpr size_t kLeastResource = 4096;

StringAttr KernelCalls::createGlobal(Attribute elements, MemRefType type,
                                     Location location) {
  StringAttr name = b.getStringAttr("weights_" + Twine(globalCount++));
  OpBuilder atModule =
      OpBuilder::atBlockBegin(function->getParentOfType<ModuleOp>().getBody());
  memref::GlobalOp::create(atModule, location, name,
                           atModule.getStringAttr("private"), type, elements,
                           /*constant=*/true, atModule.getI64IntegerAttr(64));
  return name;
}

Value KernelCalls::global(const ConstantData &data, Location location) {
  MemRefType type = flatType(data.size(), data.getType());
  auto get = [&](StringAttr name) {
    return memref::GetGlobalOp::create(b, location, type, name.getValue());
  };
  // Nodes that share weights, or hold copies of them, read one constant.
  ArrayRef<char> bytes = data.getBytes();
  if (bytes.size() < kLeastResource) {
    StringAttr &name = globals[data.getAttribute()];
    if (!name)
      name = createGlobal(data.getAttribute(), type, location);
    return get(name);
  }
  auto &equal =
      largeGlobals[llvm::xxh3_64bits(StringRef(bytes.data(), bytes.size()))];
  for (auto &[known, name] : equal)
    if (known.getType() == data.getType() && known.getBytes() == bytes)
      return get(name);
  auto tensor = RankedTensorType::get({data.size()}, data.getType());
  StringAttr name = createGlobal(
      DenseResourceElementsAttr::get(tensor, "weights", data.getBlob()), type,
      location);
  equal.push_back({data, name});
  return get(name);
}

void KernelCalls::call(StringRef family, const KernelKey &key,
                       ArrayRef<Value> arguments, Location location,
                       Body body) {
  // Types are part of the key: a kernel is for buffers of fixed sizes.
  SmallVector<Type> types(ValueRange(arguments).getTypes());
  SmallVector<Attribute> parts = {b.getStringAttr(family), key.get(),
                                  b.getTypeArrayAttr(types)};
  if (Attribute threads = old->getAttr(kThreadsAttrName))
    parts.push_back(threads);
  Attribute full = b.getArrayAttr(parts);
  func::FuncOp &kernel = kernels[full];
  if (!kernel) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(function);
    kernel = func::FuncOp::create(
        b, location, (family + "_" + Twine(kernels.size() - 1)).str(),
        b.getFunctionType(types, {}));
    kernel.setPrivate();
    // One function a kernel keeps register allocation and profiles local.
    kernel.setNoInline(true);
    b.setInsertionPointToStart(kernel.addEntryBlock());
    auto end = func::ReturnOp::create(b, location);
    b.setInsertionPoint(end);
    KernelBuilder k(location, b, target);
    // Kernels on bytes think in blocks of them.
    k.vl = target.blockOf(
        cast<MemRefType>(arguments.front().getType()).getElementType());
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

void KernelCalls::border(Operation *op, bool lanes) {
  Layout layout = getLayout(op->getResult(0));
  if (!hasBorder(layout, lanes))
    return;
  // Of bytes, the zero point of what reads them; kernels are selected so that
  // there is one at most.
  llvm::SmallSetVector<int8_t, 2> zeros = zerosAround(op->getResult(0));
  int64_t value = zeros.empty() ? 0 : zeros.front();
  int64_t threads = getThreads(op);
  call("border", key().add(layout).add({value}), {bufferOf(op->getResult(0))},
       op->getLoc(), [&](KernelBuilder &k, ValueRange args) {
         emitBorder(k, layout, args[0], value, k.marksParallel ? threads : 1);
       });
}

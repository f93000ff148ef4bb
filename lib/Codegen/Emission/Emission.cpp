//===- Emission.cpp - The function of kernel calls that a network becomes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Emission/Emission.h"
#include "Emission/LayerMarks.h"
#include "Kernels/Copy/CopyKind.h"
#include "Kernels/Copy/CopyPlans.h"
#include "Kernels/KernelCalls.h"
#include "Kernels/Stage/StageOps.h"
#include "Kernels/Support.h"

using namespace mlir;
using namespace mlir::lw;

/// Bytes of the arena in which the places of all values lie.
static int64_t arenaBytesOf(func::FuncOp main) {
  int64_t bytes = 0;
  for (Operation &op : main.front())
    for (StringRef name : {kBufferAttrName, kScratchAttrName})
      if (auto buffer = op.getAttrOfType<BufferAttr>(name))
        bytes = std::max(bytes, buffer.getOffset() + buffer.getBytes());
  return bytes;
}

/// `old` on memrefs: inputs, outputs and, if `arenaBytes`, the arena.
static func::FuncOp createMain(func::FuncOp old, int64_t arenaBytes) {
  OpBuilder b(old.getContext());
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

  if (arenaBytes) {
    types.push_back(MemRefType::get({arenaBytes}, b.getI8Type()));
    attributes.push_back(
        b.getDictionaryAttr(b.getNamedAttr("lw.arena", b.getUnitAttr())));
  }

  b.setInsertionPointAfter(old);
  func::FuncOp main = func::FuncOp::create(b, old.getLoc(), old.getName(),
                                           b.getFunctionType(types, {}));
  main.setAllArgAttrs(attributes);
  main.addEntryBlock();
  return main;
}

/// Copies the results into the outputs, and returns.
static void returnResults(func::FuncOp old, func::FuncOp main,
                          KernelCalls &calls) {
  auto end = cast<func::ReturnOp>(old.front().getTerminator());
  for (auto [i, value] : llvm::enumerate(end.getOperands())) {
    auto type = cast<RankedTensorType>(value.getType());
    Value target = calls.flatten(main.getArgument(old.getNumArguments() + i),
                                 end.getLoc());
    SmallVector<StridedCopy> copies;
    if (type.getRank() == 4)
      copies = planConversion(getLayout(value), Layout::dense(type));
    else
      copies = {StridedCopy{{{type.getNumElements(), 1, 1}}, 0, 0}};
    callCopies(calls, calls.bufferOf(value), copies, target, end.getLoc());
  }
  func::ReturnOp::create(calls.b, end.getLoc());
}

static void emitFunction(func::FuncOp old, KernelCalls &calls,
                         LayerMarks *marks) {
  int64_t arenaBytes = arenaBytesOf(old);
  func::FuncOp main = createMain(old, arenaBytes);
  calls.begin(old, main, arenaBytes ? main.getArguments().back() : Value());
  for (auto [before, after] :
       llvm::zip(old.getArguments(), main.getArguments()))
    calls.setBuffer(before, calls.flatten(after, old.getLoc()));
  for (Operation &op : old.front().without_terminator()) {
    // Strips are computed by the kernel of their stage's end.
    if (isCompileTime(&op) || isStrip(&op))
      continue;
    if (endsMarkedStage(&op))
      emitStageOf(&op, calls);
    else
      kindOf(&op).emit(&op, calls);
    if (marks)
      marks->add(calls.b, &op);
  }
  returnResults(old, main, calls);
}

OwningOpRef<ModuleOp> mlir::lw::emitNetwork(ArrayRef<func::FuncOp> functions,
                                            const TargetInfo &target,
                                            bool profile) {
  auto module = functions.front()->getParentOfType<ModuleOp>();
  KernelCalls calls(module, target);
  LayerMarks marks(module);
  for (func::FuncOp old : functions)
    emitFunction(old, calls, profile ? &marks : nullptr);
  if (profile)
    marks.describe(functions);
  for (func::FuncOp old : functions)
    old.erase();
  return calls.reference.takeModule();
}

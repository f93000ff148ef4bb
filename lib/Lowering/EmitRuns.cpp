//===- EmitRuns.cpp - A batch as several runs of the network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "EmitRuns.h"
#include "lw/Lowering/EntryPoint.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::lw;

BatchRuns BatchRuns::get(DictionaryAttr entry) {
  BatchRuns batch;
  if (auto runs = entry.getAs<IntegerAttr>(kRunsName))
    batch.runs = runs.getInt();
  if (auto parts = entry.getAs<IntegerAttr>(kPartsName))
    batch.parts = parts.getInt();
  for (StringRef arrays : {"inputs", "outputs"})
    for (auto array :
         entry.getAs<ArrayAttr>(arrays).getAsRange<DictionaryAttr>()) {
      unsigned bits =
          array.getAs<TypeAttr>("type").getValue().getIntOrFloatBitWidth();
      int64_t bytes = llvm::divideCeil(bits, 8);
      for (int64_t extent :
           array.getAs<DenseI64ArrayAttr>("shape").asArrayRef())
        bytes *= extent;
      batch.steps.push_back(bytes / batch.runs);
    }
  if (auto bytes = entry.getAs<IntegerAttr>("arena_bytes"))
    batch.arenaBytes = bytes.getInt() / batch.parts;
  return batch;
}

static Value constant(ImplicitLocOpBuilder &b, int64_t value) {
  return LLVM::ConstantOp::create(b, b.getI64Type(),
                                  b.getI64IntegerAttr(value));
}

/// `pointer` and `index` times `step` bytes.
static Value advance(ImplicitLocOpBuilder &b, Value pointer, Value index,
                     int64_t step) {
  Value bytes = LLVM::MulOp::create(b, index, constant(b, step));
  return LLVM::GEPOp::create(b, pointer.getType(), b.getI8Type(), pointer,
                             ArrayRef<LLVM::GEPArg>{bytes});
}

/// A function of the arguments of `main` and of the first run and the one
/// behind the last, which calls it for each.
static LLVM::LLVMFuncOp createLoop(LLVM::LLVMFuncOp main,
                                   const BatchRuns &batch) {
  ImplicitLocOpBuilder b(main.getLoc(), main.getContext());
  b.setInsertionPointAfter(main);
  SmallVector<Type> types(main.getArgumentTypes());
  types.append(2, b.getI64Type());
  auto loop = LLVM::LLVMFuncOp::create(
      b, (main.getName() + "_runs").str(),
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  types),
      LLVM::Linkage::Internal);
  Block *begin = loop.addEntryBlock(b);
  ValueRange arguments = begin->getArguments().drop_back(2);
  Value from = begin->getArgument(arguments.size());
  Value end = begin->getArgument(arguments.size() + 1);
  Block *head = loop.addBlock(), *body = loop.addBlock(),
        *leave = loop.addBlock();
  Value run = head->addArgument(b.getI64Type(), main.getLoc());

  b.setInsertionPointToStart(begin);
  LLVM::BrOp::create(b, from, head);
  b.setInsertionPointToStart(head);
  Value more = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::slt, run, end);
  LLVM::CondBrOp::create(b, more, body, leave);
  b.setInsertionPointToStart(body);
  SmallVector<Value> operands(arguments);
  for (auto [operand, step] : llvm::zip(operands, batch.steps))
    operand = advance(b, operand, run, step);
  LLVM::CallOp::create(b, main, operands);
  Value next = LLVM::AddOp::create(b, run, constant(b, 1));
  LLVM::BrOp::create(b, next, head);
  b.setInsertionPointToStart(leave);
  LLVM::ReturnOp::create(b, ValueRange());
  return loop;
}

void mlir::lw::emitRuns(OpBuilder &builder, Location location,
                        LLVM::LLVMFuncOp main, const BatchRuns &batch,
                        ValueRange arguments, Value arena) {
  ImplicitLocOpBuilder b(location, builder);
  SmallVector<Value> operands(arguments);
  if (arena)
    operands.push_back(arena);
  if (batch.runs == 1) {
    LLVM::CallOp::create(b, main, operands);
    return;
  }
  LLVM::LLVMFuncOp loop = createLoop(main, batch);
  if (batch.parts == 1) {
    operands.append({constant(b, 0), constant(b, batch.runs)});
    LLVM::CallOp::create(b, loop, operands);
    return;
  }
  Value zero = constant(b, 0), one = constant(b, 1),
        parts = constant(b, batch.parts);
  omp::ParallelOperands threads;
  threads.numThreads = LLVM::ConstantOp::create(
      b, b.getI32Type(), b.getI32IntegerAttr(batch.parts));
  auto parallel = omp::ParallelOp::create(b, threads);
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&parallel.getRegion());
  auto shared = omp::WsloopOp::create(b, omp::WsloopOperands());
  omp::TerminatorOp::create(b);
  b.createBlock(&shared.getRegion());
  omp::LoopNestOperands bounds;
  bounds.loopLowerBounds.push_back(zero);
  bounds.loopUpperBounds.push_back(parts);
  bounds.loopSteps.push_back(one);
  auto nest = omp::LoopNestOp::create(b, bounds);
  Block *body = b.createBlock(&nest.getRegion());
  Value part = body->addArgument(b.getI64Type(), location);
  // Runs of a part follow each other.
  auto first = [&](Value part) -> Value {
    return LLVM::UDivOp::create(
        b, LLVM::MulOp::create(b, part, constant(b, batch.runs)), parts);
  };
  if (arena)
    operands.back() = advance(b, arena, part, batch.arenaBytes);
  operands.append({first(part), first(LLVM::AddOp::create(b, part, one))});
  LLVM::CallOp::create(b, loop, operands);
  omp::YieldOp::create(b);
}

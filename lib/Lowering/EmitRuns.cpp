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

/// A function of the arguments of `function` and of the first run and the one
/// behind the last, which calls it for each; `steps` bytes are from what a run
/// reads or writes of an array to what the next does.
static LLVM::LLVMFuncOp createLoop(LLVM::LLVMFuncOp function,
                                   ArrayRef<int64_t> steps) {
  ImplicitLocOpBuilder b(function.getLoc(), function.getContext());
  b.setInsertionPointAfter(function);
  SmallVector<Type> types(function.getArgumentTypes());
  types.append(2, b.getI64Type());
  auto loop = LLVM::LLVMFuncOp::create(
      b, (function.getName() + "_runs").str(),
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  types),
      LLVM::Linkage::Internal);
  Block *begin = loop.addEntryBlock(b);
  ValueRange arguments = begin->getArguments().drop_back(2);
  Value from = begin->getArgument(arguments.size());
  Value end = begin->getArgument(arguments.size() + 1);
  Block *head = loop.addBlock(), *body = loop.addBlock(),
        *leave = loop.addBlock();
  Value run = head->addArgument(b.getI64Type(), function.getLoc());

  b.setInsertionPointToStart(begin);
  LLVM::BrOp::create(b, from, head);
  b.setInsertionPointToStart(head);
  Value more = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::slt, run, end);
  LLVM::CondBrOp::create(b, more, body, leave);
  b.setInsertionPointToStart(body);
  SmallVector<Value> operands(arguments);
  for (auto [operand, step] : llvm::zip(operands, steps))
    operand = advance(b, operand, run, step);
  LLVM::CallOp::create(b, function, operands);
  Value next = LLVM::AddOp::create(b, run, constant(b, 1));
  LLVM::BrOp::create(b, next, head);
  b.setInsertionPointToStart(leave);
  LLVM::ReturnOp::create(b, ValueRange());
  return loop;
}

/// Calls the function of `stage` for every part of `arrays`; `arena` is the
/// first's, or null.
static void emitStage(ImplicitLocOpBuilder &b, LLVM::LLVMFuncOp function,
                      const BatchPlan &plan, const BatchStage &stage,
                      ValueRange arrays, Value arena) {
  SmallVector<Value> operands(arrays);
  if (arena)
    operands.push_back(arena);
  if (stage.runs == 1) {
    LLVM::CallOp::create(b, function, operands);
    return;
  }
  SmallVector<int64_t> steps;
  for (int64_t array : stage.arrays)
    steps.push_back(plan.arrays[array].bytes() / stage.runs);
  LLVM::LLVMFuncOp loop = createLoop(function, steps);
  if (stage.parts == 1) {
    operands.append({constant(b, 0), constant(b, stage.runs)});
    LLVM::CallOp::create(b, loop, operands);
    return;
  }
  Value zero = constant(b, 0), one = constant(b, 1),
        parts = constant(b, stage.parts);
  omp::ParallelOperands threads;
  threads.numThreads = LLVM::ConstantOp::create(
      b, b.getI32Type(), b.getI32IntegerAttr(stage.parts));
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
  Value part = body->addArgument(b.getI64Type(), b.getLoc());
  // Runs of a part follow each other.
  auto first = [&](Value part) -> Value {
    return LLVM::UDivOp::create(
        b, LLVM::MulOp::create(b, part, constant(b, stage.runs)), parts);
  };
  if (arena)
    operands.back() = advance(b, arena, part, stage.arenaBytes);
  operands.append({first(part), first(LLVM::AddOp::create(b, part, one))});
  LLVM::CallOp::create(b, loop, operands);
  omp::YieldOp::create(b);
}

void mlir::lw::emitRuns(OpBuilder &builder, Location location, ModuleOp module,
                        const BatchPlan &plan, ValueRange edges, Value arena) {
  ImplicitLocOpBuilder b(location, builder);
  auto inArena = [&](int64_t offset) {
    return offset == 0 ? arena : advance(b, arena, constant(b, 1), offset);
  };
  for (const BatchStage &stage : plan.stages) {
    auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(stage.function);
    SmallVector<Value> arrays;
    for (size_t array : stage.arrays)
      arrays.push_back(array < plan.edges ? edges[array]
                                          : inArena(plan.arrays[array].offset));
    bool takesArena = function.getNumArguments() > arrays.size();
    emitStage(b, function, plan, stage, arrays,
              takesArena ? inArena(stage.arenaOffset) : Value());
  }
}

//===- LowerToLLVM.cpp - Memref form to the LLVM dialect
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Conversion/Passes.h"
#include "lw/Pipelines/Pipelines.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void lw::buildLowerToLLVMPipeline(OpPassManager &pm,
                                  const LowerToLLVMOptions &options) {
  // While argument types are still memrefs.
  pm.addPass(createLwPrepareEntry());
  pm.addNestedPass<func::FuncOp>(createLwExpandCopy());
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  // LLVM takes small functions well and large ones badly.
  pm.addPass(createLwOutlineLoops());
  // Transfers that are left become loops over the vectors that a machine has.
  pm.addNestedPass<func::FuncOp>(createConvertVectorToSCFPass());
  // Subviews become address arithmetic (affine), which must come before affine
  // is lowered.
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Vectors before memref and arith: its patterns produce both.
  ConvertVectorToLLVMPassOptions vector;
  vector.reassociateFPReductions = true;
  vector.x86Vector = true;
  pm.addPass(createConvertVectorToLLVMPass(vector));
  pm.addPass(createConvertMathToLLVMPass());
  // What LLVM has no intrinsic for (erf) is in the C library.
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  // Bare pointers: all shapes are static, so a descriptor carries nothing.
  ConvertFuncToLLVMPassOptions func;
  func.useBarePtrCallConv = true;
  pm.addPass(createConvertFuncToLLVMPass(func));
  pm.addPass(createConvertControlFlowToLLVMPass());
  // Only the types of captured values; LLVM's OpenMP builder makes the calls.
  // After the functions: its own patterns for them would make descriptors of
  // the pointers.
  pm.addPass(createConvertOpenMPToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  LwEmitEntryPointOptions entry;
  entry.prefix = options.prefix;
  entry.cpu = options.cpu;
  llvm::append_range(entry.features, options.features);
  pm.addPass(createLwEmitEntryPoint(entry));
}

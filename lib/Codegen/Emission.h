//===- Emission.h - Emit the kernels of one network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_EMISSION_H
#define LW_LIB_CODEGEN_EMISSION_H

#include "KernelKey.h"
#include "ReferenceOps.h"
#include "Strategy.h"

namespace mlir::lw {

/// Makes the function of kernel calls that `@main` becomes.
class Emission {
public:
  Emission(func::FuncOp main, bool profile)
      : old(main), module(main->getParentOfType<ModuleOp>()),
        b(main.getContext()), reference(module), profile(profile) {}

  void run();
  ReferenceOps &referenceOps() { return reference; }

private:
  using Body = llvm::function_ref<void(KernelBuilder &, ValueRange)>;

  void createMain();
  void emit(Operation *op);
  void emitConvolution(Operation *op, KernelFamily family);
  void emitWinogradOf(ConvolutionOpInterface conv);
  void emitStageOf(StageOps stage);
  void emitElementwiseOp(Operation *op);
  void emitCopyOp(Operation *op);
  void emitReference(Operation *op);
  void emitBorderOf(Operation *op);
  void returnResults();
  void copyOut(Value from, const CopyPlan::Source &plan, Value to,
               Location location);

  Value bufferOf(Value value);
  Value inArena(int64_t offset, int64_t bytes, Location location);
  Value flatten(Value memref, Location location);
  Value shaped(Value flat, RankedTensorType type, Location location);
  Value global(ArrayRef<float> elements, Location location);
  /// Where a convolution's operands are among the arguments of a kernel; 0 for
  /// absent ones, so the first argument is another.
  struct Places {
    size_t weights = 0, bias = 0, residual = 0, result = 0;
  };
  Places addOperands(ConvolutionOpInterface conv, ArrayRef<float> packed,
                     int64_t biasElements, SmallVectorImpl<Value> &arguments);
  /// Calls the kernel of a family that `key` decides; `body` makes its code
  /// when it is the first.
  void call(StringRef family, const KernelKey &key, ArrayRef<Value> arguments,
            int64_t vector, Location location, Body body);
  KernelKey key() { return KernelKey(b.getContext()); }
  int64_t vectorOf(Operation *op) {
    return op->getAttrOfType<KernelAttr>(kKernelAttrName).getVector();
  }

  func::FuncOp old, main;
  ModuleOp module;
  OpBuilder b;
  ReferenceOps reference;
  Value arena;
  llvm::DenseMap<Value, Value> buffers; // memref<Nxf32>
  llvm::DenseMap<Attribute, func::FuncOp> kernels;
  unsigned globals = 0;
  int64_t lastVector = 1;
  bool profile;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_EMISSION_H

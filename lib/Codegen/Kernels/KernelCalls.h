//===- KernelCalls.h - Buffers, constants and shared kernels of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_KERNELCALLS_H
#define LW_LIB_CODEGEN_KERNELS_KERNELCALLS_H

#include "Builder/ConstantData.h"
#include "Builder/KernelBuilder.h"
#include "Builder/KernelKey.h"
#include "Kernels/Reference/ReferenceOps.h"
#include "lw/Target/TargetInfo.h"

namespace mlir::lw {

/// What the kinds of kernels write a network's function with.
class KernelCalls {
public:
  KernelCalls(ModuleOp module, const TargetInfo &target);

  /// Emits at the end of `function`, a function on memrefs; kernels come before
  /// it. `old` is the function on tensors.
  void begin(func::FuncOp old, func::FuncOp function, Value arena);

  const TargetInfo &target;
  ReferenceOps reference;
  OpBuilder b;

  using Body = llvm::function_ref<void(KernelBuilder &, ValueRange)>;
  /// Calls the kernel of a family that `key` decides; `body` makes its code
  /// when it is the first.
  void call(StringRef family, const KernelKey &key, ArrayRef<Value> arguments,
            Location location, Body body);
  KernelKey key() { return KernelKey(b.getContext()); }

  /// The buffer that a value lies in, one dimension of its elements.
  Value bufferOf(Value value);
  void setBuffer(Value value, Value buffer) { buffers[value] = buffer; }
  /// `elements` of a type from byte `offset` of the arena on.
  Value inArena(int64_t offset, int64_t elements, Type type, Location location);
  /// A constant of the module, stored once for all that have equal elements.
  Value global(const ConstantData &data, Location location);
  /// A buffer without its shape, and a dense one with the shape of a tensor.
  Value flatten(Value memref, Location location);
  Value shaped(Value flat, RankedTensorType type, Location location);

  /// Writes zeros around the result of `op`; `lanes`: also to the lanes of its
  /// last block that channels leave unused. (Kernels on whole blocks write
  /// those themselves.)
  void border(Operation *op, bool lanes = false);

private:
  func::FuncOp old, function;
  Value arena;
  llvm::DenseMap<Value, Value> buffers;
  llvm::DenseMap<Attribute, func::FuncOp> kernels;
  /// Constants of the module, by their attributes or a hash of their bytes.
  llvm::DenseMap<Attribute, StringAttr> globals;
  llvm::DenseMap<uint64_t, SmallVector<std::pair<ConstantData, StringAttr>, 1>>
      largeGlobals;
  size_t globalCount = 0;

  StringAttr createGlobal(Attribute elements, MemRefType type,
                          Location location);
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_KERNELCALLS_H

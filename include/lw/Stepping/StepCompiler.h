//===- StepCompiler.h - Machine code for parts of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_STEPPING_STEPCOMPILER_H
#define LW_STEPPING_STEPCOMPILER_H

#include "lw/ExecutionEngine/CompiledModel.h"
#include "lw/Target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace mlir::lw {

/// Compiles small networks for this process through lw's kernels, in a context
/// of its own, so that it may be called from inside a pass.
class StepCompiler {
public:
  static llvm::Expected<std::unique_ptr<StepCompiler>> create();
  ~StepCompiler();

  /// Compiles a copy of `module`, which is at the graph level.
  llvm::Expected<std::unique_ptr<CompiledModel>> compile(ModuleOp module);

private:
  StepCompiler();

  MLIRContext context;
  TargetAttr target;
  std::unique_ptr<llvm::TargetMachine> machine;
};

} // namespace mlir::lw

#endif // LW_STEPPING_STEPCOMPILER_H

//===- CodeGen.h - From the LLVM dialect to machine code
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_EXECUTIONENGINE_CODEGEN_H
#define LW_EXECUTIONENGINE_CODEGEN_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace llvm {
class LLVMContext;
class MemoryBuffer;
class Module;
class TargetMachine;
} // namespace llvm

namespace mlir {
class DialectRegistry;
class ModuleOp;
} // namespace mlir

namespace mlir::lw {

class TargetAttr;
class Weights;

/// Registers the translations of the LLVM dialect and of the dialects that may
/// stand beside it.
void registerCodeGenDialects(DialectRegistry &registry);

/// LLVM's code generator for a processor, or an error.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(TargetAttr target);

/// Translates a module of the LLVM dialect in memory (weights never become
/// text) and optimizes it for `machine`. Where there are `weights`, they take
/// the module's large constants.
llvm::Expected<std::unique_ptr<llvm::Module>>
generateLLVM(ModuleOp module, llvm::LLVMContext &context,
             llvm::TargetMachine &machine, Weights *weights = nullptr);

/// Joins `dispatch` with the modules that define what it declares, each for a
/// processor or a shape of its own, to one that exports what `dispatch` does,
/// with `exportParts` also what they do. All are of one context; constants of
/// equal bytes are stored once.
llvm::Expected<std::unique_ptr<llvm::Module>>
joinModules(std::unique_ptr<llvm::Module> dispatch,
            std::vector<std::unique_ptr<llvm::Module>> parts,
            bool exportParts = false);

/// Object code, with room for the `weights` that were taken from it, or, with
/// `assembly`, its text.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
generateCode(llvm::Module &module, llvm::TargetMachine &machine,
             bool assembly = false, Weights *weights = nullptr);

/// A static library of one object file.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
makeArchive(const llvm::MemoryBuffer &object,
            const llvm::TargetMachine &machine, llvm::StringRef name);

/// Fails when `object` calls anything but memcpy, memmove and memset, and names
/// the operations of `modules`, in the LLVM dialect, that do.
llvm::Error checkFreestanding(const llvm::MemoryBuffer &object,
                              llvm::ArrayRef<ModuleOp> modules);

/// Bytes of machine code and of constants in an object file.
struct SectionBytes {
  uint64_t code = 0, constants = 0;
};
SectionBytes measureSections(const llvm::MemoryBuffer &object);

/// Links `object` and its `weights` into the shared library `path` with the
/// system's linker (clang, or ld.lld where there is none). The file appears
/// only when complete.
llvm::Error linkSharedLibrary(llvm::MemoryBuffer &object, Weights &weights,
                              const llvm::TargetMachine &machine,
                              llvm::StringRef path);

} // namespace mlir::lw

#endif // LW_EXECUTIONENGINE_CODEGEN_H

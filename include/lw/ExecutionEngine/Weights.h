//===- Weights.h - Constants of a network's code ----------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_EXECUTIONENGINE_WEIGHTS_H
#define LW_EXECUTIONENGINE_WEIGHTS_H

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace llvm {
class Module;
} // namespace llvm

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace mlir::lw {

/// The large constants of a network's code, which LLVM never sees: as its
/// constants they would be in memory three times more and written element by
/// element. Code refers to symbols; an object file has room for them, which is
/// filled in the end. Equal constants are stored once, also those of modules
/// for several processors.
class Weights {
public:
  /// Takes what constants of `module`, in the LLVM dialect, hold as resources.
  /// They become declarations. The module cannot be translated by itself then.
  void take(ModuleOp module);

  /// Makes room for what `module` reads and forgets the rest.
  void define(llvm::Module &module);

  /// Fills the room in the object file made of that module, and frees the
  /// constants.
  llvm::Error fill(MutableArrayRef<char> object);

private:
  struct Entry {
    std::string name;
    AsmResourceBlob blob;
  };

  /// The index of a constant equal to what `resource` holds, which it takes.
  size_t add(DialectResourceBlobManager::BlobEntry &resource);

  std::vector<Entry> entries;
  llvm::DenseMap<void *, size_t> taken;
  /// Indices of entries by a hash of their bytes.
  llvm::DenseMap<uint64_t, std::vector<size_t>> byHash;
};

} // namespace mlir::lw

#endif // LW_EXECUTIONENGINE_WEIGHTS_H

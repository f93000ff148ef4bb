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
class MemoryBuffer;
class Module;
class raw_ostream;
} // namespace llvm

namespace mlir {
class ModuleOp;
} // namespace mlir

namespace mlir::lw {

/// The large constants of a network's code, which neither LLVM nor the linker
/// sees: as LLVM's constants they would be in memory three times more and
/// written element by element, and a linker copies what it links. Code refers
/// to symbols in a section without contents; the contents join the object file
/// or library when that is written. Equal constants are stored once, also those
/// of modules for several processors.
class Weights {
public:
  /// Takes what constants of `module`, in the LLVM dialect, hold as resources.
  /// They become declarations. The module cannot be translated by itself then.
  void take(ModuleOp module);

  /// Makes room for what `module` reads, a section without contents, and
  /// forgets the rest.
  void define(llvm::Module &module);

  /// Writes the object file made of that module, or a library linked of it,
  /// with the constants in their room, and frees them.
  llvm::Error write(llvm::StringRef file, llvm::raw_ostream &stream);

  /// The same in memory.
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
  complete(llvm::StringRef object);

  /// The object file with the room in a section of its own in whatever is
  /// linked of it: beside other constants it would have contents.
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
  separate(llvm::StringRef object) const;

  /// A hash of the constants.
  uint64_t hash() const;

private:
  struct Entry {
    std::string name;
    AsmResourceBlob blob;
    uint64_t hash;
  };

  /// The index of a constant equal to what `resource` holds, which it takes.
  size_t add(DialectResourceBlobManager::BlobEntry &resource);

  std::vector<Entry> entries;
  /// Of the section; none before `define`.
  uint64_t bytes = 0;
  llvm::DenseMap<void *, size_t> taken;
  /// Indices of entries by a hash of their bytes.
  llvm::DenseMap<uint64_t, std::vector<size_t>> byHash;
};

} // namespace mlir::lw

#endif // LW_EXECUTIONENGINE_WEIGHTS_H

//===- Library.h - One library of one or several compiled networks
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_LIBRARY_H
#define LW_DRIVER_LIBRARY_H

#include "lw/Driver/Compilation.h"
#include "lw/ExecutionEngine/Weights.h"

namespace mlir::lw {

/// `x:1x3x32x32 ids:1x8`, as flags fix shapes; without scalars.
std::string describeShapes(llvm::ArrayRef<TensorInfo> tensors);

/// Takes a network through the phases of Compilation, once for each that a
/// library of it holds: several shapes of its inputs, of which
/// `<prefix>_run_shape` chooses one, or the parts of a recommender, each with
/// functions of its own. Constants of equal bytes are stored once.
class Library {
public:
  /// A network of the library.
  struct Member {
    /// The shapes of its inputs, `user`, ...; empty where there is but one.
    std::string name;
    std::unique_ptr<Compilation> compilation;
  };

  /// Fails where `options` are invalid or exclude one another.
  static llvm::Expected<std::unique_ptr<Library>>
  create(CompileOptions options);

  /// Reads and optimizes the network, see Compilation.
  llvm::Error load(StringRef path);

  llvm::Error lower();

  /// LLVM IR, optimized; after `lower`.
  llvm::Expected<llvm::Module *> generateLLVM();

  /// Object code, whose weights are kept here, or assembly; after `lower`. The
  /// networks are gone then.
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
  generateCode(bool assembly = false);

  /// What the networks say of themselves, one of all shapes; after `lower`.
  llvm::Expected<std::vector<ModelInfo>> getInfos();

  /// Writes object code with its weights, which are gone then.
  llvm::Error writeObject(llvm::MemoryBuffer &object, StringRef path);

  /// The same as a static library.
  llvm::Error archive(llvm::MemoryBuffer &object, StringRef path);

  /// The same as a shared library.
  llvm::Error link(llvm::MemoryBuffer &object, StringRef path);

  ArrayRef<Member> getMembers() const { return members; }
  /// Of the first member, for what is the same for all.
  Compilation &getFirst() { return *members.front().compilation; }

private:
  explicit Library(CompileOptions options);

  bool hasShapes() const { return !options.moreInputs.empty(); }
  llvm::Error addMember(StringRef name, CompileOptions memberOptions);
  /// LLVM IR; `weights` take its large constants.
  llvm::Expected<llvm::Module *> makeLLVM(Weights *weights);
  /// Makes what chooses among shapes.
  llvm::Error dispatchShapes();

  CompileOptions options;
  std::vector<Member> members;
  /// In the context of the first member.
  OwningOpRef<ModuleOp> dispatch;
  std::unique_ptr<llvm::LLVMContext> llvmContext;
  std::unique_ptr<llvm::Module> llvmModule;
  Weights weights;
};

} // namespace mlir::lw

#endif // LW_DRIVER_LIBRARY_H

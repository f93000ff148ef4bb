//===- CompiledModel.h - A network that is ready to run
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_EXECUTIONENGINE_COMPILEDMODEL_H
#define LW_EXECUTIONENGINE_COMPILEDMODEL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace llvm {
class MemoryBuffer;
} // namespace llvm

namespace mlir::lw {

/// One input or output: a dense row-major array.
struct TensorInfo {
  std::string name;
  std::vector<int64_t> shape;
  /// MLIR's spelling of the element type: `f32`, `i8`, `i64`, ...
  std::string type;

  int64_t numElements() const;
  /// Bytes of an element; 0 for an unknown type.
  int64_t elementBytes() const;
  int64_t numBytes() const { return numElements() * elementBytes(); }
};

/// The arrays of a network for one of the shapes that it is compiled for.
struct ShapeInfo {
  std::vector<TensorInfo> inputs, outputs;
};

/// What a compiled network says of itself, see `--lw-emit-entry-point`.
struct ModelInfo {
  std::string name;
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  /// Of a library of several shapes all of them; the above is the first.
  std::vector<ShapeInfo> shapes;
  /// Bytes of working memory that a run needs.
  int64_t arenaBytes = 0;
  /// `multi` for code for several; then `levels` are their names, from the
  /// least to the most capable.
  std::string cpu;
  std::vector<std::string> levels;
  /// Features of the target that the code may use.
  std::vector<std::string> features;
  std::string lwVersion;
  /// Threads that the code runs on.
  int64_t threads = 1;
  /// Classes that have names.
  int64_t labels = 0;
  /// What was said of images when it was compiled, as --resize and --crop take
  /// it; empty where nothing was.
  std::string resize, crop;

  /// Parses the JSON text of `<prefix>_info`.
  static llvm::Expected<ModelInfo> parse(llvm::StringRef json);
};

/// Addresses in this process for symbols that code of the JIT refers to.
using HostSymbols = std::map<std::string, void *>;

/// Machine code of a network in this process, from the JIT or from a shared
/// library; both offer the same two symbols.
class CompiledModel {
public:
  /// Loads object code, as `generateCode` makes it for the host. `prefix` is
  /// that of its symbols.
  static llvm::Expected<std::unique_ptr<CompiledModel>>
  fromObject(std::unique_ptr<llvm::MemoryBuffer> object, llvm::StringRef prefix,
             const HostSymbols &symbols = {});

  /// Loads a shared library that `lwc` made, of several networks in it that
  /// which is called `name`. Fails when it is no such library or needs a cpu
  /// that this machine is not.
  static llvm::Expected<std::unique_ptr<CompiledModel>>
  fromLibrary(llvm::StringRef path, llvm::StringRef name = "");

  const ModelInfo &getInfo() const { return info; }

  /// Of a library of several shapes makes one of `getInfo().shapes` that which
  /// `run` and `getInfo()` are about.
  void selectShape(size_t index);

  /// The cpu whose code runs here: of several the one that has been chosen.
  const std::string &getCpu() const { return cpu; }

  /// What the classes are called; empty where they have no names. Of the JIT's
  /// code, too.
  std::vector<std::string> getClassNames() const;

  /// Runs once. One array for each input and output of `getInfo()`; `arena` as
  /// `allocateArena` makes it. Returns the network's status, 0 for success.
  int run(llvm::ArrayRef<const void *> inputs, llvm::ArrayRef<void *> outputs,
          void *arena) const {
    if (runShapeFunction)
      return runShapeFunction(extents.data(), inputs.data(), outputs.data(),
                              arena);
    return runFunction(inputs.data(), outputs.data(), arena);
  }

  struct FreeArena {
    void operator()(void *memory) const;
  };
  using Arena = std::unique_ptr<void, FreeArena>;

  /// Working memory for one thread of runs; null when none is needed.
  Arena allocateArena() const;

private:
  using RunFunction = int32_t (*)(const void *const *, void *const *, void *);
  using RunShapeFunction = int32_t (*)(const int64_t *const *,
                                       const void *const *, void *const *,
                                       void *);

  using LabelFunction = const char *(*)(int32_t);

  CompiledModel(ModelInfo info, RunFunction runFunction,
                std::shared_ptr<void> code)
      : info(std::move(info)), cpu(this->info.cpu), runFunction(runFunction),
        code(std::move(code)) {}

  ModelInfo info;
  std::string cpu;
  RunFunction runFunction;
  /// Of a library of several shapes, and those of the inputs of `info`.
  RunShapeFunction runShapeFunction = nullptr;
  /// Where classes have names.
  LabelFunction labelFunction = nullptr;
  std::vector<const int64_t *> extents;
  /// Keeps the code in memory.
  std::shared_ptr<void> code;
};

} // namespace mlir::lw

#endif // LW_EXECUTIONENGINE_COMPILEDMODEL_H

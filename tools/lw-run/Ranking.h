//===- Ranking.h - The best classes of images -------------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TOOLS_LWRUN_RANKING_H
#define LW_TOOLS_LWRUN_RANKING_H

#include "lw/ExecutionEngine/CompiledModel.h"
#include "llvm/Support/JSON.h"
#include <optional>

namespace mlir::lw {

/// The five best classes of every image, by what the network's output says.
class Ranking {
public:
  /// Of the images `paths`; `classNames` may be empty. std::nullopt where the
  /// network has something else than one output with scores of classes, which
  /// is an error where they have names.
  static llvm::Expected<std::optional<Ranking>>
  create(const ModelInfo &info, llvm::ArrayRef<std::string> paths,
         std::vector<std::string> classNames);

  /// Adds the output of the next run.
  void add(llvm::ArrayRef<char> bytes);

  void print(llvm::raw_ostream &os) const;

  /// `[{"path", "best": [{"class", "name", "score"}]}]`; without names where
  /// classes have none.
  llvm::json::Array toJson() const;

private:
  struct Entry {
    int64_t index;
    float score;
  };

  std::string type;
  int64_t classes = 0;
  std::vector<std::string> paths, classNames;
  /// Of every image so far.
  std::vector<std::vector<Entry>> best;
};

} // namespace mlir::lw

#endif // LW_TOOLS_LWRUN_RANKING_H

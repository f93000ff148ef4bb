//===- EntryPoint.h - Names of the entry point's attributes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LOWERING_ENTRYPOINT_H
#define LW_LOWERING_ENTRYPOINT_H

#include "llvm/ADT/StringRef.h"

namespace mlir::lw {

/// The function that is compiled.
inline constexpr llvm::StringLiteral kEntryFunction = "main";

/// Module attribute: dictionary with the inputs and outputs of `@main`, see
/// `--lw-record-entry`.
inline constexpr llvm::StringLiteral kEntryAttr = "lw.entry";

/// In it: the stages of a batch, and what they hand to others, where a run of
/// the network is not one of `@main`; see BatchPlan.h and `--lw-group-batch`.
inline constexpr llvm::StringLiteral kStagesName = "stages",
                                     kBetweenName = "between";

/// Module attribute: dictionary with further entries of `<prefix>_info`, of
/// numbers, strings, arrays and dictionaries.
inline constexpr llvm::StringLiteral kInfoAttr = "lw.info";

/// Argument or result attribute of `@main`: its name in the network.
inline constexpr llvm::StringLiteral kNameAttr = "lw.name";

/// Argument or result attributes (unit) of `@main`: integers without a sign,
/// and bytes of 0 and 1 that are bool.
inline constexpr llvm::StringLiteral kUnsignedElementsAttr = "lw.unsigned";
inline constexpr llvm::StringLiteral kBoolElementsAttr = "lw.bool";

/// Argument attribute (unit) of `@main` in memref form: the working memory.
inline constexpr llvm::StringLiteral kArenaAttr = "lw.arena";

/// Version of the C interface that `--lw-emit-entry-point` makes, see
/// docs/c-interface.md. It grows when a caller has to change.
inline constexpr int64_t kInterfaceVersion = 1;

/// What `NAME_run` returns.
enum RunStatus {
  RunSuccess = 0,
  RunNullPointer = 1,
  RunInvalidArena = 2,
  RunUnsupported = 3, // no level of several runs on this processor
  RunUnknownShape = 4 // none of several shapes is that of the inputs
};

/// What the arena's address must be a multiple of, in bytes.
inline constexpr int64_t kArenaAlignment = 64;

/// Whether C functions can be called `name`.
bool isCIdentifier(llvm::StringRef name);

} // namespace mlir::lw

#endif // LW_LOWERING_ENTRYPOINT_H

//===- ShapeFlags.h - Flags for the extents of a network's inputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_SHAPEFLAGS_H
#define LW_DRIVER_SHAPEFLAGS_H

#include "lw/Importer/Onnx.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

namespace mlir::lw {

/// The flags of all tools that read ONNX files.
struct ShapeFlags {
  explicit ShapeFlags(llvm::cl::OptionCategory &category);

  llvm::cl::opt<int64_t> batch;
  llvm::cl::list<std::string> shapes;
  llvm::cl::list<std::string> dims;
  llvm::cl::list<std::string> values;

  bool anyGiven() const;
  /// What they say, or an error that names the wrong one. An input that is
  /// given several shapes is an error.
  llvm::Expected<InputShapes> get() const;
  /// The same for libraries of several shapes: the first ones of all inputs,
  /// the second ones, and so on. An input of one shape has it in all.
  llvm::Expected<std::vector<InputShapes>> getAll() const;
};

} // namespace mlir::lw

#endif // LW_DRIVER_SHAPEFLAGS_H

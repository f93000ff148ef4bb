//===- ImageFlags.h - Command line for the preprocessing of images
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_IMAGEFLAGS_H
#define LW_DRIVER_IMAGEFLAGS_H

#include "lw/IO/Images.h"
#include "llvm/Support/CommandLine.h"
#include <optional>

namespace mlir::lw {

/// The flags of tools that take uint8 images.
struct ImageFlags {
  llvm::cl::OptionCategory category{
      "Images", "value = (scale * pixel - mean) / std, in the network's order "
                "of channels"};

  llvm::cl::opt<std::string> scale{"scale", llvm::cl::cat(category),
                                   llvm::cl::value_desc("number"),
                                   llvm::cl::desc("Factor, e.g. 1/255 (1)")};
  llvm::cl::opt<std::string> mean{"mean", llvm::cl::cat(category),
                                  llvm::cl::value_desc("m | r,g,b"),
                                  llvm::cl::desc("What is subtracted (0)")};
  llvm::cl::opt<std::string> std{"std", llvm::cl::cat(category),
                                 llvm::cl::value_desc("s | r,g,b"),
                                 llvm::cl::desc("What is divided by (1)")};
  llvm::cl::opt<bool> bgr{"bgr", llvm::cl::cat(category),
                          llvm::cl::desc("The network wants blue, green, red")};

  /// The preprocessing that the flags ask for; std::nullopt when none is given.
  llvm::Expected<std::optional<ImagePreprocessing>> get() const;
};

} // namespace mlir::lw

#endif // LW_DRIVER_IMAGEFLAGS_H

//===- ImageFlags.h - Command line for the preprocessing of images
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_IMAGEFLAGS_H
#define LW_DRIVER_IMAGEFLAGS_H

#include "lw/IO/Framing.h"
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
  llvm::cl::opt<std::string> resize{
      "resize", llvm::cl::cat(category), llvm::cl::value_desc("bilinear:256"),
      llvm::cl::desc(
          "Images of other sizes are resized to this shorter side, or to "
          "height x width, by bilinear or bicubic interpolation that keeps "
          "all pixels. lwc: said in NAME_info, for lw-run --image")};
  llvm::cl::opt<std::string> crop{"crop", llvm::cl::cat(category),
                                  llvm::cl::value_desc("224 | HxW"),
                                  llvm::cl::desc("Of them then the middle")};

  /// The preprocessing that the flags ask for; std::nullopt when none is given.
  llvm::Expected<std::optional<ImagePreprocessing>> get() const;

  /// How images come to the network's size.
  llvm::Expected<ImageFraming> getFraming() const {
    return ImageFraming::parse(resize, crop);
  }
};

} // namespace mlir::lw

#endif // LW_DRIVER_IMAGEFLAGS_H

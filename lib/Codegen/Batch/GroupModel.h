//===- GroupModel.h - What groups of images cost ----------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_BATCH_GROUPMODEL_H
#define LW_LIB_CODEGEN_BATCH_GROUPMODEL_H

#include "Batch/Images.h"
#include "lw/Target/TargetInfo.h"

namespace mlir::lw {

/// Layers from `begin` to `end`, computed together for groups of images.
struct Stretch {
  int64_t begin = 0, end = 0;
  int64_t group = 0; // images
};

/// What an image costs as one of a group that goes through layers together.
class GroupModel {
public:
  GroupModel(func::FuncOp main, const Images &images, const TargetInfo &target);

  /// The network's layers: what computes something of the images.
  ArrayRef<Operation *> getLayers() const { return layers; }
  /// Whether what layers from `layer` on read of those before can be in memory
  /// for the whole batch.
  bool canCut(int64_t layer) const;
  /// The cheapest cut of the network, each stretch with the most images that
  /// divide the batch among the cheapest.
  SmallVector<Stretch> chooseStretches(int64_t threads) const;

private:
  /// Bytes that layers take.
  struct Traffic {
    /// Of an image: at most there at once, and read and written in all.
    double live = 0, moved = 0;
    /// Weights that a group reads once: of fully connected layers, whose rows
    /// are its images, of those of few pixels, and those that stay near from
    /// image to image.
    double shared = 0;

    void add(const Traffic &layer);
  };

  /// Of reading a byte where so many are in use.
  double byteCycles(double bytes, double near) const;
  /// Cycles of an image beside its arithmetic, in a group of so many.
  double cycles(const Traffic &traffic, int64_t group) const;
  /// The images of a group, and what one costs.
  std::pair<int64_t, double> chooseGroup(const Traffic &traffic,
                                         int64_t threads) const;
  /// Of an image, what writing and reading what crosses a cut takes.
  double cutCycles(int64_t layer) const;

  const TargetInfo &target;
  int64_t count;                 // images
  SmallVector<int64_t> divisors; // of the count
  SmallVector<Operation *> layers;
  SmallVector<Traffic> traffic;     // by layer
  SmallVector<double> crossing;     // bytes of an image, by layer
  llvm::SmallVector<bool> cuttable; // by layer
  double allShared = 0;             // weights
  double arithmetic = 0;            // cycles of an image
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_BATCH_GROUPMODEL_H

//===- GemmKernel.h - Convolutions as packed matrix products
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_GEMM_GEMMKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_GEMM_GEMMKERNEL_H

#include "Builder/ConstantData.h"
#include "Kernels/ConvSpec.h"
#include "lw/Target/TargetInfo.h"
#include <vector>

namespace mlir::lw {

/// A convolution of any kernel extent and grouping as a register-tiled matrix
/// product: rows are output pixels, columns output channels, and the sum runs
/// over input channel blocks, taps and the channels of a block.
struct GemmSpec : ConvSpec {
  int64_t tileHeight = 1, tileWidth = 1, tileVectors = 1;
  /// Taps of a filter row in registers: 1 or g.kernelWidth.
  int64_t taps = 1;
  LoopOrder order = LoopOrder::Rows;
  /// Weights come from memory, not from a cache where another kernel just wrote
  /// or read them.
  bool coldWeights = true;
  /// Weights and inputs of bytes come as the 16 bits that the unit multiplies.
  bool isWide = false;

  /// The same computation with rows (and, where contiguous, images) joined to
  /// one long row: possible for 1x1 kernels between values without halo.
  void linearize();

  /// Of a 1x1 layer with a stride: where the pixels lie of which the input is a
  /// copy. Where a line of the cache holds pixels that are skipped, every panel
  /// would read those, too.
  struct Source {
    Layout layout;
    std::array<int64_t, 2> strides;
  };
  std::optional<Source> source;
  /// Takes the input for a copy in scratch memory where that pays.
  void gatherPixels();
  int64_t gatheredElements() const { return source ? in.elements() : 0; }

  /// Weights of a layer behind this one that come from memory while this one is
  /// computed: `bytes` of them from `first` on, of `total`, shared by as many
  /// threads as this layer's.
  struct Fetch {
    int64_t first, bytes, total;
  };
  std::optional<Fetch> fetch;

  /// Output pixels side by side whose few channels make one vector: they lie
  /// row-major like those of one pixel, and a wider filter has a column of
  /// zeros for every step between them. The geometry is that of whole vectors;
  /// pixels that are left over are computed again with those before them.
  int64_t fold = 1, firstPixel = 0;
  void foldPixels(int64_t pixels);
  /// How many pixels to fold; 1 where that would not pay.
  static int64_t pixelsToFold(const ConvGeometry &g, int64_t vector);

  /// Whether the last vector of output channels has no more than half of its
  /// lanes, on a processor that multiplies half a vector in half the time.
  bool halvesLast() const {
    int64_t rest = g.outChannels % vector;
    // The unit for f32 tells what the processor has; those of one instruction
    // have a narrower form, which serves what is left.
    bool oneStep = inputs() == 1 || unit->form == DotUnit::Form::Dot;
    return oneStep && vector == target->lanes() &&
           !target->dot->intrinsics[1].empty() &&
           !unit->intrinsics[1].empty() && rest && 2 * rest <= vector;
  }

  /// Output rows are what threads share, else the columns of the one row of
  /// tiles.
  bool cutsRows() const { return g.outHeight / tileHeight > 1; }
  /// Parts into which pixels are cut; with 1 for several threads, they share
  /// the panels.
  int64_t pixelParts() const;

  /// Whether all images meet a panel of weights before the next: where these
  /// come from afar, and a panel stays in the second-level cache from image to
  /// image.
  bool sharesPanels() const {
    return order == LoopOrder::Panels && g.batch > 1 && threads == 1 &&
           packedBytes(outVectors()) > target->l2Bytes / 2 &&
           packedBytes(tileVectors) <= target->l2Bytes / 4 * 3;
  }
  /// Tiles that a panel's weights are read for, one after another.
  int64_t panelTiles() const {
    return tiles() * (sharesPanels() ? g.batch : 1);
  }

  int64_t fullPanels() const { return outVectors() / tileVectors; }
  int64_t tailVectors() const { return outVectors() % tileVectors; }

  /// Input channel blocks that one panel of a grouped convolution reads, at
  /// most; all of them without groups.
  int64_t panelBlocks() const;
  /// Its first block, for a panel that begins at output channel `channel`.
  int64_t panelStart(int64_t channel) const;

  /// Of a grouped convolution whose groups are no blocks: a panel's sum runs
  /// over the channels of its groups alone, not over whole blocks, as many as
  /// all panels need.
  bool readsRanges() const;
  /// Input channels that the panel from output channel `channel` on reads.
  int64_t rangeChannels(int64_t channel) const;
  /// Of the panel that reads the most: its weights take as much memory as those
  /// of every other.
  int64_t mostRangeChannels() const;
  /// Whether lanes multiply inputs that they do not read by zero: those of
  /// other groups, or of folded pixels side by side.
  bool mixesZeros() const {
    int64_t taps = g.kernelHeight * g.kernelWidth;
    return !quantized &&
           (fold != 1 || steps() * inputs() * g.groups != taps * g.inChannels);
  }
  /// Whole steps of a range, and of a block: those that are unrolled.
  int64_t rangeUnit() const;

  /// Input channels of a step, and elements of a vector of its weights.
  int64_t inputs() const { return unit->inputs; }
  int64_t weightsStride() const { return vector * inputs(); }
  int64_t elementBytes() const { return in.elementBytes(); }
  /// Parts of a step that are computed one after the other, so that registers
  /// hold operands of one: the pairs of widened bytes.
  int64_t stepParts() const {
    return unit->form == DotUnit::Form::WidenedPairs ? unit->registers : 1;
  }

  /// Weights of bytes are widened to the 16 bits that the unit multiplies once
  /// a run, in scratch memory, where so many pixels meet them that doing it
  /// for each tile takes longer.
  bool widensWeights() const {
    constexpr int64_t kFewPixels = 16;
    return isWide ||
           (quantized && unit->form == DotUnit::Form::WidenedPairs &&
            !sharesWeights() && g.outPixels() >= kFewPixels * threads);
  }
  /// Panels of widened weights that there is room for: all of them where a
  /// tile meets one after the other or threads share them, else one for each
  /// thread or image that is computed beside others.
  int64_t widePanels() const;
  int64_t wideWeightElements() const {
    return widensWeights()
               ? widePanels() * steps() * tileVectors * weightsStride()
               : 0;
  }
  /// So are inputs, where several panels or taps read each and L2 holds them.
  bool widensInputs() const;
  int64_t wideInputElements() const {
    return widensInputs() ? in.elements() : 0;
  }
  int64_t wideElements() const {
    return llvm::alignTo(wideWeightElements() + wideInputElements(), 32);
  }
  /// A tile that is wider than it has pixels can hold its inputs in registers
  /// in place of its weights, which need no preparation.
  bool readsByVector() const {
    return widensWeights() && taps == 1 && tileVectors > tileHeight * tileWidth;
  }
  /// Bytes of the packed weights of so many vectors of output channels.
  int64_t packedBytes(int64_t vectors) const {
    return weightBytes() * steps() * vectors * weightsStride();
  }
  /// Whether weights lie as kernels for several processors read them: floats as
  /// packSharedWeights packs them, where blocks of the input and of the weights
  /// have to divide one another; bytes in panels, tap after tap.
  bool sharesWeights() const;
  /// Whether the order of their input channels is more than that of one tap.
  bool sharesByBlocks() const {
    return sharesWeights() && !quantized && g.kernelHeight * g.kernelWidth > 1;
  }
  /// Whether two vectors of shared weights are rearranged together as they are
  /// read, for a unit that takes the inputs of a lane in two parts.
  bool readsTwoVectors() const {
    return sharesWeights() && quantized && !unit->inputsFollow();
  }
  /// Registers of a vector of weights in a part of a step.
  int64_t weightRegisters() const {
    return readsTwoVectors() ? 1 : unit->registers / stepParts();
  }
  /// Where the weight of a lane and an input lies among those of a step.
  int64_t weightPosition(int64_t lane, int64_t input) const {
    return readsTwoVectors() ? lane * inputs() + input
                             : unit->weightPosition(lane, input);
  }
  /// Whether a tile of so many vectors reads whole panels or a part of one.
  bool suitsPanels(int64_t vectors) const {
    int64_t width = vectors * vector;
    return !sharesWeights() || width % panel == 0 || panel % width == 0;
  }
  /// From one panel of shared weights to the next.
  int64_t panelStride() const { return steps() * panelStep(); }
  /// From one step to the next in it.
  int64_t panelStep() const { return panel * inputs(); }
  /// Where the weights of a vector of output channels begin, the first of a
  /// tile.
  int64_t weightsAt(int64_t first) const {
    if (!sharesWeights())
      return first * steps() * weightsStride();
    int64_t channel = first * vector;
    return channel / panel * panelStride() + channel % panel * inputs();
  }
  /// A run of lanes (channels within a block) in consecutive blocks.
  struct Segment {
    int64_t firstBlock, blocks, firstLane, lanes;
  };
  /// In the order in which weights are packed and read.
  SmallVector<Segment> segments() const;
  /// Input channels that follow each other in a tap of shared weights.
  int64_t tapChannels(const Segment &segment) const {
    if (quantized)
      return segment.lanes;
    if (segment.lanes >= panel)
      return panel;
    int64_t blocks = std::max<int64_t>(1, panel / in.block);
    return std::min(blocks, segment.blocks) * segment.lanes;
  }
  /// Broadcast-multiply steps of one tile: segments x taps x lanes. Weights are
  /// packed in this order, with the taps of a row innermost where they are held
  /// in registers together.
  int64_t steps() const;
  /// Those of all panels on average, where they differ.
  double averageSteps() const;
  /// Whether the sum is so long that its rounding shows: it is computed in
  /// pieces then, which takes half a percent longer.
  static constexpr int64_t kLongestSum = 2048;
  bool sumsInPieces() const { return !quantized && steps() > kLongestSum; }
  /// Register tiles of one panel, of those that one thread computes.
  int64_t tiles() const {
    int64_t rows = llvm::divideCeilSigned(g.outHeight, tileHeight);
    int64_t columns = llvm::divideCeilSigned(g.outWidth, tileWidth);
    int64_t &cut = cutsRows() ? rows : columns;
    cut = llvm::divideCeilSigned(cut, pixelParts());
    return rows * columns;
  }
  /// True when the tiles of a panel also fetch the weights of the next.
  bool fetchesNextPanel() const {
    constexpr int64_t kMostTiles = 64;
    // Half a panel comes with the other half.
    bool whole = !sharesWeights() || tileVectors * vector % panel == 0;
    return coldWeights && !readsRanges() && order == LoopOrder::Panels &&
           tiles() <= kMostTiles && outVectors() > tileVectors && whole;
  }
  /// Pixels of a tile, with one more where the unit computes pairs of an odd
  /// number.
  int64_t computedPixels(int64_t pixels) const {
    return llvm::alignTo(pixels, unit->pixels());
  }
  /// Takes the unit for pairs of pixels where inputs and pixels suit it.
  void chooseUnit();
  /// Vector registers that a tile occupies.
  int64_t registers() const;
  /// The unit multiplies by lanes of a register, which a vector of the input's
  /// channels has been loaded into.
  bool readsLanes() const {
    int64_t channels = vector * inputs();
    return unit->takesLane && in.block % channels == 0 &&
           g.inChannels % channels == 0;
  }
};

/// Chooses tile and loop order by a throughput model of the target. Returns the
/// estimated cycles.
double chooseGemmTile(GemmSpec &spec, const TargetInfo &target);

/// The cycles of a layer on several threads that take `cycles` on one, waking
/// them included.
double sharedCycles(double cycles, int64_t threads, const TargetInfo &target);

/// Weights `[KH, KW, Cin / groups, Cout]` in the order in which the kernel
/// reads them: panels of `tileVectors` vectors of output channels, zero-filled.
std::vector<float> packGemmWeights(const GemmSpec &spec,
                                   ArrayRef<float> filter);
std::vector<uint16_t> packGemmWeights(const GemmSpec &spec,
                                      ArrayRef<uint16_t> filter);
std::vector<int8_t> packGemmWeights(const GemmSpec &spec,
                                    ArrayRef<int8_t> filter);

/// The packed weights of a convolution: f32, bf16 or 8 bits.
ConstantData packGemmWeights(const GemmSpec &spec, ConvolutionOpInterface conv);

/// Copies the pixels that a layer with a source reads.
void emitGather(KernelBuilder &k, const GemmSpec &spec, Value from, Value to);

/// Emits the kernel at the builder's insertion point. `rows`, if not null, is
/// how many output rows to compute in place of all.
void emitGemm(KernelBuilder &k, const GemmSpec &spec,
              const ConvBuffers &buffers, Value rows = {});

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_GEMM_GEMMKERNEL_H

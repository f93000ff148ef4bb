//===- GemmEmitter.h - Emission of one matrix kernel
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_GEMM_GEMMEMITTER_H
#define LW_LIB_CODEGEN_KERNELS_GEMM_GEMMEMITTER_H

#include "Builder/DotBuilder.h"
#include "Kernels/Gemm/GemmKernel.h"
#include "Kernels/Requantizer.h"
#include "Kernels/StoredActivation.h"
#include <map>

namespace mlir::lw {

/// The loops over tiles and panels, begin and end of a tile (GemmKernel.cpp),
/// the sum of a tile (GemmSum.cpp), and that of the few tiles that zeros would
/// spoil (GemmDirect.cpp).
class GemmEmitter {
public:
  GemmEmitter(KernelBuilder &k, const GemmSpec &spec,
              const ConvBuffers &buffers, Value rows)
      : k(k), s(spec), buffers(buffers), rows(rows),
        dot(k, *spec.unit, spec.leastWeight, spec.readsTwoVectors()),
        weights(spec.widensWeights() ? buffers.wideWeights : buffers.weights),
        input(spec.widensInputs() ? buffers.wideInputs : buffers.input) {
    k.vl = spec.vector;
  }

  void emit();

private:
  /// Longer bodies of loops were no faster.
  static constexpr int64_t kMostMultiplyAdds = 128;

  /// One level of the loop nest over the sum.
  struct Level {
    int64_t count, stride;
    bool unroll = false;
    /// Weights that an iteration leaves out behind those that it has read.
    int64_t skip = 0;
    /// Multiply-adds up to which it is unrolled.
    int64_t most = kMostMultiplyAdds;
  };
  /// Accumulators and the running position in the packed weights.
  struct State {
    SmallVector<Value> accumulators;
    Address weights;
    /// Vectors of channels of the pixels at hand, by offset, where the unit
    /// multiplies by lanes.
    std::map<int64_t, Value> inputs = {};
  };
  /// Where a tile stands: image, first row and column, first vector of output
  /// channels, and the packed weights of its panel.
  struct Position {
    Value n, y, x, vector, startBlock;
    Address weights;
    int64_t height, width, vectors;
    bool lastVectorPartial;
    /// The number of the tile in its panel, and the distance to the next
    /// panel's weights, which it fetches a share of. Null without prefetch.
    Value tile, next;
  };
  /// Which lines a tile fetches in every `steps` steps, as distances from the
  /// weights at hand.
  struct Prefetch {
    int64_t steps = 1;
    SmallVector<Address> lines;
  };
  /// The same for the weights of a layer behind: `lines` from `from` on in
  /// every chunk of steps, one element further for `ratio` weights of this
  /// layer. Null without.
  struct Fetch {
    Value from;
    int64_t ratio = 1, lines = 0;
  };

  /// The pixels of a thread, along the axis that is cut.
  Part partOf(Value slot);
  void emitPart(Value n, const Part &part, Value slot, bool parallelPanels);
  void emitPixels(Value n, const Part &part, Value vector, Address weights,
                  int64_t vectors, bool last);
  /// Widens the weights of a panel of so many vectors.
  void emitInputWidening();
  void emitWidening(const Address &from, const Address &to, int64_t vectors);
  void emitPanels(llvm::function_ref<void(Value, Address, int64_t, bool)> body,
                  bool parallel);
  void emitTile(const Position &p);
  int64_t storedLanes(const Position &p, const Layout &l, int64_t vector) const;
  /// Whether activations are computed of a row of tiles after its sums: those
  /// that are long need instructions of several tiles at once.
  bool activatesRows() const {
    return s.order == LoopOrder::Panels &&
           activatesTogether(s.activation, buffers.output);
  }
  void activateTile(const Position &p);
  Address firstInput(const Position &p);
  SmallVector<Value> biasOf(const Position &p);
  Value isSpoilt(const State &state, const Position &p);
  void emitDirectTile(const Position &p);
  void emitDirectSum(const Address &a, State &state, const Position &p);
  void emitOwnTerms(Address a, Value channel, ArrayRef<Value> begins,
                    State &state, const Position &p,
                    llvm::function_ref<Address(Value, Value)> weightsAt);
  Value ownBegin(const Position &p, int64_t vector);
  Value inLanes(Value index, int64_t lanes);
  void emitLevels(ArrayRef<Level> levels, Address a, State &state,
                  const Position &p, int64_t step = 0);
  void emitPieces(ArrayRef<Level> levels, Address a, State &state,
                  const Position &p);
  State carry(Value lower, Value upper, const State &init,
              llvm::function_ref<void(Value, State &)> body);
  void emitStep(Address a, State &state, const Position &p, int64_t step);
  void emitPixelByPixel(Address a, State &state, const Position &p,
                        int64_t step, ArrayRef<DotBuilder::Operand> columns);
  void emitVectorByVector(Address a, State &state, const Position &p,
                          int64_t step);
  void emitPairs(Address a, State &state, const Position &p, int64_t step,
                 ArrayRef<DotBuilder::Operand> columns);
  void exchangePairs(State &state, int64_t vectors);
  DotBuilder::Operand firstHalf(const DotBuilder::Operand &x);
  DotBuilder::Operand columnOf(Address at, int64_t lanes);
  DotBuilder::Operand inputOf(Address pixel, State &state, int64_t step);
  /// Of the registers of an operand those of the part of a step at hand.
  DotBuilder::Operand ofPart(const DotBuilder::Operand &x) const {
    return s.stepParts() == 1 ? x : DotBuilder::Operand{x[stepPart]};
  }
  void emitSum(const Address &a, State &state, const Position &p);
  void emitEpilogue(const Position &p, State &state);
  SmallVector<Value> loadMultipliers(const Position &p);
  void emitScaled(const Position &p, State &state);
  void emitBytes(const Position &p, State &state);
  Value loadResidual(const Position &p, int64_t row, int64_t column,
                     int64_t vector);
  void storeBytes(const Position &p, int64_t row, int64_t column,
                  int64_t pixels, int64_t vector, Value bytes);
  Address outputAddress(const Layout &layout, const Position &p, int64_t row,
                        int64_t column, int64_t vector);
  Value startBlock(Value vector);
  /// Lanes of a vector of a tile's accumulators.
  int64_t lanesOf(const Position &p, int64_t vector) const {
    bool half =
        p.lastVectorPartial && vector == p.vectors - 1 && s.halvesLast();
    return half ? s.vector / 2 : s.vector;
  }
  void emitRanges(Address a, State &state, const Position &p);
  void setNextPanel(Position &p, int64_t tilesPerRow);
  void setPrefetch(const Position &p, int64_t unrolled);
  void setFetch(const Position &p, int64_t unrolled);
  void emitFetch(const Position &p, const State &state);
  int64_t weightsOf(int64_t tap, int64_t vector, int64_t vectors) const;
  SmallVector<Level> levelsOf(const GemmSpec::Segment &segment,
                              int64_t chunk) const;

  KernelBuilder &k;
  const GemmSpec &s;
  const ConvBuffers &buffers;
  Value rows; // null for all
  DotBuilder dot;
  Value weights, input; // as tiles read them
  Address packed;       // the weights of the panel at hand where they come from
  // Of the tile and segment at hand.
  Prefetch prefetch;
  Fetch fetch;
  bool lanesAtHand = false;
  int64_t stepPart = 0;
  int64_t tapStride = 0; // shared weights from one tap to the next
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_GEMM_GEMMEMITTER_H

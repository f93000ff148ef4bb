//===- RecurrentKernel.h - Recurrent layers, step by step
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_RECURRENT_RECURRENTKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_RECURRENT_RECURRENTKERNEL_H

#include "Builder/KernelBuilder.h"
#include "lw/Dialect/IR/LwSequenceOps.h"
#include <vector>

namespace mlir::lw {

/// A recurrent layer. Of every step, a panel of hidden units at a time: the
/// products of the state before with the weights of all gates of these units
/// stay in registers, where the gates are applied to them. The state before is
/// the result's row of the step before; weights of bytes multiply bytes that
/// are made of it first.
struct RecurrentSpec {
  RecurrentKind kind;
  RecurrentDirection direction;
  int64_t steps, batch, directions, gates, hidden;
  int64_t vector = 16;
  /// What multiplies states and weights.
  const DotUnit *unit = nullptr;
  /// Of weights of bytes: zero points of the directions, and whether one is
  /// -128.
  SmallVector<int64_t> zeroPoints;
  bool leastWeight = false;
  bool hasBias = false, hasHidden = false, hasCell = false,
       hasPeepholes = false, inputForget = false, linearBeforeReset = false,
       withCell = false;
  std::optional<float> clip;
  /// Of all directions.
  SmallVector<RecurrentActivation> activations;
  /// Samples, and vectors of hidden units, of a tile.
  int64_t tileHeight = 1, tileVectors = 1;

  /// Gates whose products are computed together: all, but for the last gate of
  /// a GRU that reads the state after the reset of all units.
  struct Phase {
    int64_t first, count;
  };
  SmallVector<Phase> phases() const;

  int64_t vectors() const { return llvm::divideCeilSigned(hidden, vector); }
  /// Panels of whole tiles and whole vectors; the rest is a panel of its own.
  int64_t fullPanels() const { return hidden / (tileVectors * vector); }
  int64_t restVectors() const { return vectors() - fullPanels() * tileVectors; }
  bool onBytes() const { return unit->onBytes(); }
  /// Units of the state before, in whole steps of `unit`.
  int64_t inputs() const { return llvm::alignTo(hidden, unit->inputs); }
  /// Bytes of a sample's state; its last vector is whole.
  int64_t byteRow() const { return llvm::alignTo(hidden, 64); }
  /// Packed weights: of a gate, and of a direction.
  int64_t gateWeights() const { return inputs() * vectors() * vector; }
  int64_t directionWeights() const { return gates * gateWeights(); }
  /// State that the result does not hold: the cell; the update gate, and the
  /// state after the reset.
  int64_t scratchRows() const {
    if (kind == RecurrentKind::LSTM)
      return withCell ? 0 : 1;
    return phases().size() == 2 ? 2 : 0;
  }
  int64_t stateElements() const { return directions * batch * hidden; }
  int64_t scratchElements() const { return scratchRows() * stateElements(); }
  /// Of bytes: the state of all samples, and its sums where zero points need
  /// them.
  int64_t scratchBytes() const {
    return onBytes() ? directions * batch * byteRow() : 0;
  }
  int64_t scratchSums() const {
    return llvm::any_of(zeroPoints, [](int64_t z) { return z != 0; })
               ? directions * batch
               : 0;
  }
  int64_t projectedRow() const { return directions * gates * hidden; }
  bool isReverse(int64_t d) const {
    return d == 1 || direction == RecurrentDirection::Reverse;
  }
  /// Whether both directions are the same code.
  bool isUniform() const;
  /// Vector registers that a tile occupies.
  int64_t registers(int64_t height, int64_t width) const;
};

/// Weights `[D, H, G*H]` in the order in which the kernel reads them:
/// `[D][phase][panel][step][gates of the phase][vectors of the panel]` and in a
/// vector as the unit wants them, with zeros beyond the last unit.
std::vector<float> packRecurrentWeights(const RecurrentSpec &spec,
                                        ArrayRef<float> weights);
std::vector<uint16_t> packRecurrentWeights(const RecurrentSpec &spec,
                                           ArrayRef<uint16_t> weights);
std::vector<int8_t> packRecurrentWeights(const RecurrentSpec &spec,
                                         ArrayRef<int8_t> weights);

/// Sums of the columns of weights of bytes less their zero points: what every
/// integer that a state's zero point is away from 0 adds to the products.
std::vector<int32_t> sumRecurrentWeights(const RecurrentSpec &spec,
                                         ArrayRef<int32_t> weights);

/// Chooses the tile by a throughput model of the target.
void chooseRecurrentTile(RecurrentSpec &spec, const TargetInfo &target);

/// Buffers of the kernel; null where the layer has none.
struct RecurrentBuffers {
  Value projected, weights, bias, hidden, cell, peepholes, result, scratch;
  /// Of weights of bytes: their scales and sums, the state as bytes and its
  /// sums.
  Value scales, weightSums, bytes, stateSums;
};

/// Numbers of a state that has become bytes, the same in all lanes: its scale,
/// and the zero point of what the unit multiplies.
struct ByteState {
  Value scale, zero;
};

/// Writes the state of all samples of a direction at `from`, as bytes that the
/// unit multiplies, to `to`, and the sums of them to `sums` where there are.
ByteState emitByteState(KernelBuilder &k, const RecurrentSpec &spec,
                        Value state, Address from,
                        const RecurrentBuffers &buffers, Address to,
                        Address sums);

void emitRecurrent(KernelBuilder &k, const RecurrentSpec &spec,
                   const RecurrentBuffers &buffers);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_RECURRENT_RECURRENTKERNEL_H

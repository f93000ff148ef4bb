//===- DotBuilder.h - Steps of a unit that multiplies and adds
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_BUILDER_DOTBUILDER_H
#define LW_LIB_CODEGEN_BUILDER_DOTBUILDER_H

#include "Builder/KernelBuilder.h"

namespace mlir::lw {

/// Emits the steps of a DotUnit. Operands are prepared once for all steps that
/// they take part in.
class DotBuilder {
public:
  using Operand = SmallVector<Value, 2>;

  /// `leastWeight`: a weight may be -128. `twoVectors`: weights are those of
  /// weightsOfTwo().
  DotBuilder(KernelBuilder &k, const DotUnit &unit, bool leastWeight,
             bool twoVectors = false)
      : k(k), unit(unit), leastWeight(leastWeight), twoVectors(twoVectors) {}

  /// The type of an accumulator, and one that holds zeros.
  VectorType accumulatorType() const;
  Value zero();
  Value add(Value a, Value b);

  /// The inputs of a step at an address, the same in all lanes.
  Operand broadcast(Value buffer, Address address);
  /// Those at `step` of a register of consecutive inputs.
  Operand broadcastLane(Value vector, int64_t step);
  /// The inputs of a step of every lane, lane after lane.
  Operand inputs(Value vector);
  /// The weights of a step of as many lanes as `lanes`, in the order of
  /// DotUnit::weightPosition; from a buffer of 16 bits the registers of an
  /// operand one after another.
  Operand weights(Value buffer, Address address);
  Operand weights(Value vector);
  /// The operands of two vectors of lanes, of LongProducts, whose weights lie
  /// one after the other as those of Dot do. Inputs that are broadcast are then
  /// there for both; a step takes a half.
  SmallVector<Operand, 2> weightsOfTwo(Value buffer, Address address);
  Operand half(const Operand &x, int64_t part);
  /// Inputs of 16 bits for broadcast(): the registers of a step's operand one
  /// after another, step by step.
  Value widenInputs(Value bytes);
  Value step(Value accumulator, const Operand &x, const Operand &w);

  /// Of a unit that computes two pixels together: their inputs, halves `part`
  /// of two vectors; their accumulators, which become the unit's, or again
  /// those of each pixel; and a step of both.
  Operand inputsOfPair(Value first, Value second, int64_t part);
  void exchangePair(Value &first, Value &second);
  void stepPair(Value &first, Value &second, const Operand &x,
                const Operand &w);

private:
  Value stepLong(Value accumulator, const Operand &x, const Operand &w);

  KernelBuilder &k;
  const DotUnit &unit;
  bool leastWeight, twoVectors;
};

/// Loads a vector of weights; bf16 become f32.
Value loadWeights(KernelBuilder &k, Value buffer, Address address,
                  int64_t lanes);

/// Narrows four vectors of i32 to one of bytes, each 128 bits by themselves:
/// saturate(x + zero). Of NEON also two, to half a vector.
Value narrow(KernelBuilder &k, ArrayRef<Value> values, int64_t zero,
             bool isUnsigned);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_BUILDER_DOTBUILDER_H

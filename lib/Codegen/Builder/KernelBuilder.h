//===- KernelBuilder.h - Short names for building kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_BUILDER_KERNELBUILDER_H
#define LW_LIB_CODEGEN_BUILDER_KERNELBUILDER_H

#include "lw/Codegen/Layout.h"
#include "lw/Target/TargetInfo.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::lw {

/// Marks the outermost loop of a kernel whose iterations are independent; the
/// stage that makes code for several threads looks for it.
inline constexpr llvm::StringLiteral kParallelAttrName = "lw.parallel";

/// An element address: a run-time index plus a constant, kept apart so that the
/// constant ends up in the displacement of the memory operand.
struct Address {
  Value base; // may be null: zero
  int64_t offset = 0;
  Address operator+(int64_t more) const { return {base, offset + more}; }
};

/// What one of several threads computes of an axis: whole units from `begin` to
/// `end`, and the last thread also what is less than a unit: from the last
/// whole unit up to `rest`.
struct Part {
  Value begin, end, rest;
};

/// Emits arith, memref, scf and vector operations with little ceremony. All
/// addresses are in elements; what is loaded has the type of the buffer's.
class KernelBuilder {
public:
  KernelBuilder(Location location, OpBuilder &builder, const TargetInfo &target)
      : b(location, builder), target(target), vl(target.lanes()) {}

  Value constant(int64_t value);
  Value constantF32(float value);
  Value add(Value x, Value y);
  Value add(Value x, int64_t y);
  Value mul(Value x, int64_t y);
  /// base + index * stride.
  Address advance(Address base, Value index, int64_t stride);
  Value toIndex(Address address);

  VectorType vectorType() { return VectorType::get({vl}, b.getF32Type()); }
  /// A vector of what a buffer holds, and one of zeros.
  VectorType vectorOf(Value buffer, int64_t lanes);
  Value zeros(Value buffer);
  Value constantVector(DenseElementsAttr elements) {
    return uniqueConstant(elements);
  }
  /// The same integer or f32 in all lanes.
  Value splat(Type element, int64_t lanes, int64_t value);
  Value splat(float value);
  Value broadcast(Value scalar);
  /// A lane of a vector in all lanes.
  Value broadcastLane(Value vector, int64_t lane);
  Value load(Value buffer, Address address); // a vector
  Value load(Value buffer, Address address, int64_t lanes);
  Value loadScalar(Value buffer, Address address);
  void store(Value vector, Value buffer, Address address);
  void storeScalar(Value scalar, Value buffer, Address address);
  /// Loads and stores only the first `count` elements; others load as zero.
  Value loadPart(Value buffer, Address address, int64_t count);
  void storePart(Value vector, Value buffer, Address address, int64_t count);
  Value fma(Value a, Value x, Value y);
  /// Floats as f32: bf16 become f32.
  Value widenFloats(Value vector);
  /// A vector of f32 as `buffer` holds floats: rounded to bf16 for one of
  /// those.
  Value roundFor(Value buffer, Value vector);
  /// The bits of a vector as elements of another type.
  Value bitcast(Value vector, Type element);
  /// Lanes of one or two vectors.
  Value shuffle(Value a, Value b, ArrayRef<int64_t> lanes);
  /// One of LLVM's intrinsics.
  Value intrinsic(StringRef name, Type result, ValueRange operands);
  /// Asks for the cache line at `address` in the second-level cache.
  void prefetch(Value buffer, Address address);

  /// for (i = lower; i < upper; i += step) body(i). A loop of one iteration is
  /// not a loop.
  void loop(int64_t lower, int64_t upper, int64_t step,
            llvm::function_ref<void(Value)> body, bool parallel = false);
  /// The same with values carried from one iteration to the next.
  SmallVector<Value>
  loop(int64_t lower, int64_t upper, int64_t step, ValueRange init,
       llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body);
  /// Between run-time bounds.
  void loop(Value lower, Value upper, int64_t step,
            llvm::function_ref<void(Value)> body);
  /// The same with values carried.
  SmallVector<Value>
  loop(Value lower, Value upper, ValueRange init,
       llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body);

  /// What one accumulator takes at a time: f32 loses a digit for every
  /// hundredfold number of terms that are added up one by one.
  static constexpr int64_t kPieceTerms = 512;
  using Combine = llvm::function_ref<Value(Value, Value)>;
  /// The loop of a sum (or of what `combine` does), in pieces of `terms`
  /// iterations that begin with `identity` and are combined with the result one
  /// by one.
  SmallVector<Value>
  accumulate(Value lower, Value upper, ValueRange init, Value identity,
             Combine combine,
             llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body,
             int64_t terms = kPieceTerms);
  /// From 0 to `count`; few terms are one piece, which begins with `init`.
  SmallVector<Value>
  accumulate(int64_t count, ValueRange init, Value identity, Combine combine,
             llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body,
             int64_t terms = kPieceTerms);

  /// then() where a run-time condition holds, otherwise() elsewhere.
  void branch(Value condition, llvm::function_ref<void()> then,
              llvm::function_ref<void()> otherwise);

  /// body(slot) for every slot from 0 to `slots`, each on a thread of its own.
  void share(int64_t slots, llvm::function_ref<void(Value)> body) {
    loop(0, slots, 1, body, /*parallel=*/true);
  }
  /// The part of 0 to `extent` that falls to a slot.
  Part partOf(Value slot, int64_t slots, int64_t extent, int64_t unit = 1);
  /// body(at, size) for the tiles of `size` along an axis, those of a part if
  /// it is not empty, and for what is left of it.
  void tiles(int64_t extent, int64_t size, const Part &part,
             llvm::function_ref<void(Value, int64_t)> body);

  /// The activation of a vector (or of a scalar), the formulas of #lw.act.
  Value activate(ActivationAttr activation, Value x);

  /// Added to every address in `buffer`: moves a kernel to another part of it.
  void setBase(Value buffer, Value base) { bases[buffer] = base; }

  ImplicitLocOpBuilder b;
  const TargetInfo &target;
  /// Elements of a vector; kernels on bytes have their own.
  int64_t vl;
  /// Whether loops that may run in parallel are marked so: not where the work
  /// is less than what waking a thread costs.
  bool marksParallel = true;

private:
  /// `attr` as a constant at the beginning of the function, made once:
  /// addresses have many offsets in common, and every operation less is
  /// compiled faster.
  Value uniqueConstant(TypedAttr attr);
  Value laneMask(int64_t count);
  bool hasMasks(Value buffer, int64_t count);
  /// Parts where the processor has no masks: in powers of two.
  Value loadPieces(Value buffer, Address address, int64_t count);
  void storePieces(Value vector, Value buffer, Address address, int64_t count);
  Value indexIn(Value buffer, Address address);
  llvm::DenseMap<Value, Value> bases;
  llvm::DenseMap<Attribute, Value> constants;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_BUILDER_KERNELBUILDER_H

//===- TargetInfo.h - What code generation knows of a processor
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TARGET_TARGETINFO_H
#define LW_TARGET_TARGETINFO_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace llvm {
class MCSubtargetInfo;
} // namespace llvm

namespace mlir {
class ModuleOp;
class Type;
} // namespace mlir

namespace mlir::lw {

/// How a processor multiplies and adds: a row of the table in DotUnits.cpp. A
/// step adds `inputs` products to every accumulator of a register.
struct DotUnit {
  enum class Form {
    /// acc + x * w in f32, one instruction or two.
    MultiplyAdd,
    /// acc + the sum of four products of bytes, or of two of bf16 in f32, one
    /// instruction.
    Dot,
    /// Bytes are widened to 16 bits, even and odd ones apart; the products of
    /// pairs are added in 32 bits.
    WidenedPairs,
    /// Products of u8 and s8, of which two or, of two registers, four are added
    /// in 16 bits, and pairs of these sums in 32: for weights that allow it
    /// (ShortSums.h).
    ShortSums,
    /// Products of bytes in 16 bits; two of them are added there, and pairs of
    /// sums to the accumulators.
    LongProducts,
    /// Eight bytes, or four bf16, of each of two pixels times as many weights
    /// of each of two lanes: a register accumulates two lanes of both pixels.
    MatrixProducts,
  };
  llvm::StringLiteral name;
  Form form;
  int64_t lanes;  // accumulators of a register
  int64_t inputs; // products that a step adds to each
  /// One operand may be memory, a single step's inputs that are broadcast; or a
  /// lane of a register.
  bool takesMemory, takesLane;
  /// 8-bit inputs are u8, else s8. Weights are s8.
  bool unsignedInputs;
  /// Registers of each operand of a step, those that a step needs beside them
  /// (constants, products), and what it takes in steps of one instruction.
  int64_t registers, scratch;
  double cost;
  /// LLVM's intrinsics for 16, 8 and 4 lanes; narrower ones serve what is left
  /// of a row.
  llvm::StringLiteral intrinsics[3] = {"", "", ""};
  /// Of several inputs a step, those of bf16: accumulators are f32.
  bool bfloat = false;
  /// Of ShortSums: adds pairs of 16 bits, by number of lanes as above.
  llvm::StringLiteral pairSums[3] = {"", "", ""};

  bool onBytes() const { return inputs > 1 && !bfloat; }
  /// The inputs of a lane lie side by side, so that a half of a register's
  /// weights is what a register of half the lanes holds.
  bool inputsFollow() const {
    return form != Form::LongProducts && form != Form::MatrixProducts;
  }
  /// Pixels that a step computes together.
  int64_t pixels() const { return form == Form::MatrixProducts ? 2 : 1; }

  /// Where the weight of an input and a lane lies among those of a step.
  int64_t weightPosition(int64_t lane, int64_t input) const;
};

/// Instructions that narrow four registers of 32-bit integers to one of bytes,
/// with saturation, each 128 bits by themselves: LLVM's intrinsics by the
/// number of 32-bit lanes; empty where LLVM's generic operations do.
struct NarrowUnit {
  int64_t lanes;
  llvm::StringLiteral toWords, toUnsignedBytes, toSignedBytes;
};

/// How a processor looks bytes up in a table of 256.
enum class TableForm {
  None,
  /// Half of the table by the low seven bits of every byte (AVX-512 VBMI).
  Permute128,
  /// 16 entries by the low four bits; a negative index gives zero (pshufb).
  Shuffle16,
  /// 64 entries; an index beyond gives zero (tbl).
  Table64,
};

/// What work costs beside arithmetic and loads, in cycles where nothing else is
/// said. Measured; see docs/rationale.md.
struct TargetCosts {
  /// Waking threads and fetching what another core has written.
  double waking = 32000;
  /// Bytes a nanosecond of what another core has just written, and of weights
  /// that all threads read ahead; multiply-adds (twice) a nanosecond.
  double sharedBytes = 5, aheadBytes = 50, flops = 200;
  /// Transforming one vector of one tile of Winograd's filtering, by outputs of
  /// a tile's row.
  struct Transforms {
    double input, output, filter;
  };
  Transforms winograd2 = {30, 25, 30}, winograd4 = {110, 80, 60};
};

/// The properties of a processor that kernel selection depends on. Shared code
/// asks these fields, never for an architecture.
struct TargetInfo {
  std::string cpu; // for messages
  /// The units for f32 and for 8-bit integers.
  const DotUnit *dot = nullptr, *byteDot = nullptr;
  /// A unit that matrix products prefer to byteDot where it suits them.
  const DotUnit *byteMatrix = nullptr;
  /// Faster ones for weights that let two, or four products be added in 16
  /// bits; null where there are none.
  const DotUnit *shortPairs = nullptr, *shortFours = nullptr;
  /// The same for bf16; null where there are none.
  const DotUnit *bfloatDot = nullptr, *bfloatMatrix = nullptr;
  /// By width, the widest first.
  llvm::ArrayRef<NarrowUnit> narrow;
  TableForm table = TableForm::None;
  int64_t tableLanes = 0; // bytes that are looked up together
  /// f32 to the nearest 32-bit integer, half to even: an intrinsic of LLVM.
  llvm::StringLiteral roundToInteger = "llvm.lrint";
  int64_t vectorRegisters = 16; // architectural vector registers
  /// Steps of the unit, vector loads that can start in one cycle, and the
  /// latency of a step: the model that chooses register tiles.
  double dotsPerCycle = 2, loadsPerCycle = 2;
  int64_t dotLatency = 4;
  /// Loads and stores of some lanes of a vector are one instruction.
  bool hasMaskedMemory = true;
  /// Also of bytes.
  bool hasMaskedBytes = false;
  int64_t l1Bytes = 32 << 10, l2Bytes = 1 << 20;
  /// Lines that L1 holds of those whose addresses are equal modulo a way.
  int64_t l1Ways = 8, l1WayBytes = 4 << 10;
  /// Cycles of reading a cache line in a row of many from each level.
  double l2LineCycles = 2.5, l3LineCycles = 8, memoryLineCycles = 18;
  TargetCosts costs;

  /// Elements of a vector of f32.
  int64_t lanes() const { return dot->lanes; }
  /// Channels of a block of memory: a vector of f32; 16 bytes, which every
  /// processor has vectors of; of bf16 what two steps of bfloatMatrix read, or
  /// as many as of f32.
  static constexpr int64_t kByteBlock = 16;
  int64_t blockOf(Type type) const;
  /// The unit that multiplies elements of `type`; null where there is none.
  const DotUnit *unitOf(Type type) const;

  /// The processor of the module's `lw.target`, or an error at the module.
  static FailureOr<TargetInfo> get(ModuleOp module);
};

/// Bits of the vectors that LLVM should use where it would choose narrower
/// ones; empty for its choice.
llvm::StringRef preferredVectorWidth(const llvm::MCSubtargetInfo &subtarget);

/// The processor whose model LLVM schedules instructions by, for code of
/// `subtarget`; empty for the subtarget's own.
llvm::StringRef schedulingModel(const llvm::MCSubtargetInfo &subtarget);

} // namespace mlir::lw

#endif // LW_TARGET_TARGETINFO_H

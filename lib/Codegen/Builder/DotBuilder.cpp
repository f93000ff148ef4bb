//===- DotBuilder.cpp - Steps of a unit that multiplies and adds
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Builder/DotBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::lw;

using Form = DotUnit::Form;

static int64_t lanesOf(Value vector) {
  return cast<VectorType>(vector.getType()).getNumElements();
}

VectorType DotBuilder::accumulatorType() const {
  return VectorType::get({unit.lanes}, unit.onBytes() ? Type(k.b.getI32Type())
                                                      : Type(k.b.getF32Type()));
}

Value DotBuilder::zero() {
  return k.splat(accumulatorType().getElementType(), unit.lanes, 0);
}

Value DotBuilder::add(Value a, Value c) {
  if (unit.onBytes())
    return arith::AddIOp::create(k.b, a, c);
  return arith::AddFOp::create(k.b, a, c);
}

DotBuilder::Operand DotBuilder::broadcast(Value buffer, Address address) {
  if (unit.inputs == 1)
    return {k.broadcast(k.loadScalar(buffer, address))};
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  auto everywhere = [&](Address from, int64_t elements) {
    Value word = k.bitcast(k.load(buffer, from, elements), k.b.getI32Type());
    Value all = vector::BroadcastOp::create(
        k.b, VectorType::get({unit.lanes}, k.b.getI32Type()),
        vector::ExtractOp::create(k.b, word, 0));
    return k.bitcast(all, element);
  };
  if (element.isInteger(16) || unit.form == Form::ShortSums) {
    int64_t part = unit.inputs / unit.registers;
    Operand result;
    for (int64_t first = 0; first < unit.inputs; first += part)
      result.push_back(everywhere(address + first, part));
    return result;
  }
  return inputs(everywhere(address, unit.inputs));
}

DotBuilder::Operand DotBuilder::broadcastLane(Value vector, int64_t step) {
  SmallVector<int64_t> lanes(unit.lanes, step);
  if (unit.inputs == 1)
    return {k.shuffle(vector, vector, lanes)};
  if (unit.form == Form::LongProducts) {
    // The first, and the last two inputs of the step everywhere.
    Value pairs = k.bitcast(vector, k.b.getI16Type());
    Operand result;
    for (int64_t half : {0, 1})
      result.push_back(
          k.bitcast(k.shuffle(pairs, pairs,
                              SmallVector<int64_t>(twoVectors ? 2 * unit.lanes
                                                              : unit.lanes,
                                                   2 * step + half)),
                    k.b.getI8Type()));
    return result;
  }
  Value words = k.bitcast(vector, k.b.getI32Type());
  return inputs(
      k.bitcast(k.shuffle(words, words, lanes), getElementTypeOrSelf(vector)));
}

/// The even bytes of a vector as 16 bits, and the odd ones.
static DotBuilder::Operand widen(KernelBuilder &k, Value bytes,
                                 bool isUnsigned) {
  Value words = k.bitcast(bytes, k.b.getI16Type());
  auto splat = [&](int64_t value) {
    return k.splat(k.b.getI16Type(), lanesOf(words), value);
  };
  Value eight = splat(8);
  if (isUnsigned)
    return {arith::AndIOp::create(k.b, words, splat(255)),
            arith::ShRUIOp::create(k.b, words, eight)};
  // Shifts are cheaper than the instructions that extend signs.
  Value high = arith::ShLIOp::create(k.b, words, eight);
  return {arith::ShRSIOp::create(k.b, high, eight),
          arith::ShRSIOp::create(k.b, words, eight)};
}

DotBuilder::Operand DotBuilder::inputs(Value x) {
  switch (unit.form) {
  case Form::MultiplyAdd:
  case Form::Dot:
  case Form::ShortSums: // broadcast() reads its two registers
    return {x};
  case Form::WidenedPairs:
    return widen(k, x, /*isUnsigned=*/true);
  case Form::LongProducts: {
    // The first, and the last two inputs of each lane.
    Value pairs = k.bitcast(x, k.b.getI16Type());
    Operand result;
    for (int64_t half : {0, 1}) {
      SmallVector<int64_t> lanes;
      for (int64_t i = 0; i < lanesOf(pairs) / 2; ++i)
        lanes.push_back(2 * i + half);
      if (twoVectors)
        llvm::append_range(lanes, SmallVector<int64_t>(lanes));
      result.push_back(
          k.bitcast(k.shuffle(pairs, pairs, lanes), k.b.getI8Type()));
    }
    return result;
  }
  case Form::MatrixProducts:
    break; // inputsOfPair
  }
  llvm_unreachable("unknown form");
}

DotBuilder::Operand DotBuilder::weights(Value buffer, Address address) {
  if (unit.inputs == 1)
    return {loadWeights(k, buffer, address, k.vl)};
  if (unit.form == Form::ShortSums) {
    int64_t part = unit.lanes * unit.inputs / unit.registers;
    Operand result;
    for (int64_t i = 0; i < unit.registers; ++i)
      result.push_back(k.load(buffer, address + i * part, part));
    return result;
  }
  // Halves that would have to be taken from a register are loaded alone.
  if (unit.form == Form::LongProducts ||
      cast<MemRefType>(buffer.getType()).getElementType().isInteger(16)) {
    int64_t half = unit.lanes * unit.inputs / 2;
    return {k.load(buffer, address, half),
            k.load(buffer, address + half, half)};
  }
  return weights(k.load(buffer, address, unit.lanes * unit.inputs));
}

DotBuilder::Operand DotBuilder::weights(Value vector) {
  switch (unit.form) {
  case Form::MultiplyAdd:
  case Form::Dot:
  case Form::ShortSums:
    return {vector};
  case Form::WidenedPairs:
    return widen(k, vector, /*isUnsigned=*/false);
  case Form::LongProducts:
  case Form::MatrixProducts: {
    int64_t half = lanesOf(vector) / 2;
    Operand result;
    for (int64_t first : {int64_t(0), half})
      result.push_back(
          k.shuffle(vector, vector,
                    llvm::to_vector(llvm::seq<int64_t>(first, first + half))));
    return result;
  }
  }
  llvm_unreachable("unknown form");
}

SmallVector<DotBuilder::Operand, 2> DotBuilder::weightsOfTwo(Value buffer,
                                                             Address address) {
  int64_t bytes = unit.lanes * unit.inputs;
  Value first = k.bitcast(k.load(buffer, address, bytes), k.b.getI16Type());
  Value second =
      k.bitcast(k.load(buffer, address + bytes, bytes), k.b.getI16Type());
  // The first, and the last two inputs of all lanes.
  Operand both;
  for (int64_t part : {0, 1}) {
    SmallVector<int64_t> pairs;
    for (int64_t lane = 0; lane < 2 * unit.lanes; ++lane)
      pairs.push_back(2 * lane + part);
    both.push_back(k.bitcast(k.shuffle(first, second, pairs), k.b.getI8Type()));
  }
  return {half(both, 0), half(both, 1)};
}

DotBuilder::Operand DotBuilder::half(const Operand &x, int64_t part) {
  Operand result;
  for (Value v : x) {
    int64_t lanes = lanesOf(v) / 2;
    result.push_back(k.shuffle(
        v, v, llvm::to_vector(llvm::seq(part * lanes, (part + 1) * lanes))));
  }
  return result;
}

Value DotBuilder::widenInputs(Value bytes) {
  Value words = arith::ExtUIOp::create(
      k.b, VectorType::get({lanesOf(bytes)}, k.b.getI16Type()), bytes);
  // As `widen` has them: even ones, odd ones.
  SmallVector<int64_t> order;
  for (int64_t step = 0; step < lanesOf(bytes); step += unit.inputs)
    for (int64_t input : {0, 2, 1, 3})
      order.push_back(step + input);
  return k.shuffle(words, words, order);
}

/// `sum`, as LLVM cannot see: it would add products of several steps before it
/// adds them to the sum, or make them all first, and keep more of them than
/// there are registers. `constraint`: of a vector register.
static Value inOrder(KernelBuilder &k, Value sum, StringRef constraint) {
  return LLVM::InlineAsmOp::create(k.b, sum.getType(), sum, /*asm_string=*/"",
                                   ("=" + constraint + ",0").str(),
                                   /*has_side_effects=*/false,
                                   /*is_align_stack=*/false,
                                   LLVM::tailcallkind::TailCallKind::None,
                                   LLVM::AsmDialectAttr(), ArrayAttr())
      .getRes();
}

/// Products of 16 bits. Two of them fit unless a weight is -128.
Value DotBuilder::stepLong(Value accumulator, const Operand &x,
                           const Operand &w) {
  auto wide = VectorType::get({lanesOf(x[0])}, k.b.getI16Type());
  auto addPairs = [&](Value sum, Value words) -> Value {
    return arith::AddIOp::create(
        k.b, sum, k.intrinsic(unit.intrinsics[2], sum.getType(), words));
  };
  SmallVector<Value, 2> products;
  for (auto [a, c] : llvm::zip(x, w))
    products.push_back(
        arith::MulIOp::create(k.b, arith::ExtSIOp::create(k.b, wide, a),
                              arith::ExtSIOp::create(k.b, wide, c)));
  Value sum = accumulator;
  if (leastWeight)
    sum = addPairs(sum, products[0]);
  else
    products[1] = arith::AddIOp::create(k.b, products[0], products[1]);
  return inOrder(k, addPairs(sum, products[1]), "w");
}

Value DotBuilder::step(Value accumulator, const Operand &x, const Operand &w) {
  auto nameIn = [&](const llvm::StringLiteral(&names)[3]) {
    int64_t lanes = lanesOf(accumulator);
    return names[lanes == 16 ? 0 : lanes == 8 ? 1 : 2];
  };
  auto name = [&] { return nameIn(unit.intrinsics); };
  switch (unit.form) {
  case Form::MultiplyAdd:
    return k.fma(x[0], w[0], accumulator);
  case Form::Dot:
    // A lane can only be the last operand.
    if (unit.takesLane)
      return k.intrinsic(name(), accumulator.getType(),
                         {accumulator, w[0], x[0]});
    return k.intrinsic(name(), accumulator.getType(),
                       {accumulator, x[0], w[0]});
  case Form::WidenedPairs: {
    Value sum = accumulator;
    for (auto [a, c] : llvm::zip(x, w))
      sum = inOrder(
          k,
          arith::AddIOp::create(
              k.b, sum, k.intrinsic(name(), accumulator.getType(), {a, c})),
          "v");
    return sum;
  }
  case Form::ShortSums: {
    auto words = VectorType::get({2 * lanesOf(accumulator)}, k.b.getI16Type());
    Value sum;
    for (auto [a, c] : llvm::zip(x, w)) {
      Value products = k.intrinsic(name(), words, {a, c});
      sum = sum ? arith::AddIOp::create(k.b, sum, products) : products;
    }
    Value ones = k.splat(k.b.getI16Type(), 2 * lanesOf(accumulator), 1);
    Value pairs =
        k.intrinsic(nameIn(unit.pairSums), accumulator.getType(), {sum, ones});
    return inOrder(k, arith::AddIOp::create(k.b, accumulator, pairs), "v");
  }
  case Form::LongProducts:
    return stepLong(accumulator, x, w);
  case Form::MatrixProducts:
    break; // stepPair
  }
  llvm_unreachable("unknown form");
}

/// The low or high halves of two vectors, one behind the other.
static Value joinHalves(KernelBuilder &k, Value a, Value c, int64_t part) {
  int64_t half = lanesOf(a) / 2;
  SmallVector<int64_t> lanes;
  for (int64_t first : {part * half, (part + 2) * half})
    llvm::append_range(lanes, llvm::seq(first, first + half));
  return k.shuffle(a, c, lanes);
}

DotBuilder::Operand DotBuilder::inputsOfPair(Value first, Value second,
                                             int64_t part) {
  return {joinHalves(k, first, second, part)};
}

void DotBuilder::exchangePair(Value &first, Value &second) {
  Value low = joinHalves(k, first, second, 0);
  second = joinHalves(k, first, second, 1);
  first = low;
}

void DotBuilder::stepPair(Value &first, Value &second, const Operand &x,
                          const Operand &w) {
  first = k.intrinsic(unit.intrinsics[2], first.getType(), {first, x[0], w[0]});
  second =
      k.intrinsic(unit.intrinsics[2], second.getType(), {second, x[0], w[1]});
}

Value mlir::lw::loadWeights(KernelBuilder &k, Value buffer, Address address,
                            int64_t lanes) {
  return k.widenFloats(k.load(buffer, address, lanes));
}

Value mlir::lw::narrow(KernelBuilder &k, ArrayRef<Value> values, int64_t zero,
                       bool isUnsigned) {
  int64_t lanes = lanesOf(values[0]);
  const NarrowUnit *unit = llvm::find_if(
      k.target.narrow, [&](const NarrowUnit &u) { return u.lanes == lanes; });
  auto words = VectorType::get({2 * lanes}, k.b.getI16Type());
  auto bytes = VectorType::get({static_cast<int64_t>(values.size()) * lanes},
                               k.b.getI8Type());
  // Of two vectors that follow each other, by generic operations.
  auto join = [&](Value a, Value c) {
    return k.shuffle(a, c,
                     llvm::to_vector(llvm::seq<int64_t>(0, 2 * lanesOf(a))));
  };
  auto clampTo = [&](Value v, int64_t low, int64_t high) -> Value {
    auto type = cast<VectorType>(v.getType());
    auto bound = [&](int64_t value) {
      return k.splat(type.getElementType(), type.getNumElements(), value);
    };
    return arith::MinSIOp::create(
        k.b, arith::MaxSIOp::create(k.b, v, bound(low)), bound(high));
  };
  bool generic = unit->toWords.empty();
  SmallVector<Value, 2> halves;
  for (size_t i = 0; i < values.size(); i += 2) {
    Value a = values[i], c = values[i + 1];
    Value half = generic ? arith::TruncIOp::create(
                               k.b, words, clampTo(join(a, c), -32768, 32767))
                               .getResult()
                         : k.intrinsic(unit->toWords, words, {a, c});
    if (zero)
      half = k.intrinsic("llvm.sadd.sat", words,
                         {half, k.splat(k.b.getI16Type(), 2 * lanes, zero)});
    halves.push_back(half);
  }
  if (!generic)
    return k.intrinsic(isUnsigned ? unit->toUnsignedBytes : unit->toSignedBytes,
                       bytes, halves);
  Value all = halves.size() == 1 ? halves[0] : join(halves[0], halves[1]);
  return arith::TruncIOp::create(
      k.b, bytes, clampTo(all, isUnsigned ? 0 : -128, isUnsigned ? 255 : 127));
}

//===- WinogradBytes.cpp - Winograd's filtering of 8-bit integers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// At m = 2 the transforms of inputs and results add and subtract only, and that
// of filters does when it is taken twice along either axis. So all is exact:
// four times the result of the direct sum comes out, and a shift ends it.
// Transformed numbers need some bits more than the bytes, which costs nothing
// where 16 bits are what a processor multiplies: inputs become at most 4 * 255,
// filters 9 * 128.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Requantizer.h"
#include "Kernels/Winograd/WinogradLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

namespace {

class WinogradBytesEmitter : public WinogradLoops {
public:
  WinogradBytesEmitter(KernelBuilder &k, const WinogradSpec &spec,
                       const WinogradBuffers &buffers)
      : WinogradLoops(k, spec, buffers),
        words(VectorType::get({kBlock}, k.b.getI16Type())) {}

private:
  /// Channels of a block of the input, and elements of a register of 16 bits.
  static constexpr int64_t kBlock = TargetInfo::kByteBlock;

  Value add(Value a, Value b) { return arith::AddIOp::create(k.b, a, b); }
  Value sub(Value a, Value b) { return arith::SubIOp::create(k.b, a, b); }
  /// 2 G x, B' x and A' x, where the matrices are those of WinogradTransforms.
  Matrix filterRow(ArrayRef<Value> x) {
    Value ends = add(x[0], x[2]);
    return {add(x[0], x[0]), add(ends, x[1]), sub(ends, x[1]), add(x[2], x[2])};
  }
  Matrix inputRow(ArrayRef<Value> x) {
    return {sub(x[0], x[2]), add(x[1], x[2]), sub(x[2], x[1]), sub(x[1], x[3])};
  }
  Matrix outputRow(ArrayRef<Value> x) {
    return {add(x[0], add(x[1], x[2])), sub(sub(x[1], x[2]), x[3])};
  }

  void emitFilters(Value panel, Value target) override;
  void emitInputTile(Address from, Address to) override;
  void beginBlock(Value vector) override;
  void emitOutputTile(const Address &product, const TilePosition &p,
                      int64_t height, int64_t width) override;
  Matrix outputsOf(const Address &product, Value bias);
  void storeRow(ArrayRef<Matrix> outputs, const TilePosition &p, int64_t row,
                int64_t width);

  VectorType words;
  // Of the vectors of the block at hand.
  SmallVector<Value, 2> bias, multipliers;
};

} // namespace

/// Both in the order in which the product reads them, a register of 16 bits
/// after the other.
void WinogradBytesEmitter::emitFilters(Value panel, Value target) {
  int64_t count = s.productSteps() * s.vectors * s.product.weightsStride();
  Address source = k.advance({}, panel, 9 * count);
  k.loop(
      0, count / kBlock, 1,
      [&](Value i) {
        Address from = k.advance(source, i, 9 * kBlock);
        Matrix x;
        for (int64_t tap = 0; tap < 9; ++tap)
          x.push_back(arith::ExtSIOp::create(
              k.b, words,
              k.load(buffers.weights, from + tap * kBlock, kBlock)));
        Address to = k.advance({target, 0}, i, kBlock);
        for (auto [point, v] : llvm::enumerate(transform(
                 x, 3, [&](ArrayRef<Value> row) { return filterRow(row); })))
          k.store(v, buffers.filters,
                  to + static_cast<int64_t>(point) * s.filterElements());
      },
      /*parallel=*/true);
}

void WinogradBytesEmitter::emitInputTile(Address from, Address to) {
  Matrix x;
  for (int64_t r = 0; r < w; ++r)
    for (int64_t c = 0; c < w; ++c)
      x.push_back(arith::ExtUIOp::create(
          k.b, words,
          k.load(buffers.input, from + (r * s.in.rowStride() + c * kBlock),
                 kBlock)));
  for (auto [point, v] : llvm::enumerate(
           transform(x, w, [&](ArrayRef<Value> row) { return inputRow(row); })))
    k.store(v, buffers.inputs,
            to + static_cast<int64_t>(point) * s.inputElements());
}

void WinogradBytesEmitter::beginBlock(Value vector) {
  bias.clear();
  multipliers.clear();
  Address first = k.advance({}, vector, s.vector);
  for (int64_t v = 0; v < s.vectorsPerBlock(); ++v) {
    bias.push_back(k.load(buffers.bias, first + v * s.vector, s.vector));
    multipliers.push_back(
        k.load(buffers.multipliers, first + v * s.vector, s.vector));
  }
}

/// The sums of a tile for one vector of output channels.
WinogradLoops::Matrix WinogradBytesEmitter::outputsOf(const Address &product,
                                                      Value bias) {
  Matrix values;
  for (int64_t point = 0; point < s.points(); ++point)
    values.push_back(k.load(buffers.products,
                            product + point * s.productElements(), s.vector));
  Matrix sums =
      transform(values, w, [&](ArrayRef<Value> row) { return outputRow(row); });
  Value two = k.splat(k.b.getI32Type(), s.vector, 2);
  for (Value &sum : sums)
    sum = add(arith::ShRSIOp::create(k.b, sum, two), bias);
  return sums;
}

void WinogradBytesEmitter::emitOutputTile(const Address &product,
                                          const TilePosition &p, int64_t height,
                                          int64_t width) {
  SmallVector<Matrix, 2> outputs;
  for (auto [v, own] : llvm::enumerate(bias)) {
    Address from = product + static_cast<int64_t>(v) * s.tiles() * s.vector;
    outputs.push_back(outputsOf(from, own));
  }
  for (int64_t row = 0; row < height; ++row)
    storeRow(outputs, p, row, width);
}

/// Requantizes and stores the pixels of a row of a tile, which lie side by
/// side: both vectors of a block of each.
void WinogradBytesEmitter::storeRow(ArrayRef<Matrix> outputs,
                                    const TilePosition &p, int64_t row,
                                    int64_t width) {
  Requantizer requantizer(k, s);
  auto at = [&](const Layout &l) {
    return pixelOf(l, p) + row * l.rowStride();
  };
  SmallVector<Value, 4> four;
  for (int64_t x = 0; x < width; ++x)
    for (auto [v, sums] : llvm::enumerate(outputs)) {
      Value residual;
      if (s.residual)
        residual =
            k.load(buffers.residual,
                   at(*s.residual) + (x * kBlock + v * s.vector), s.vector);
      four.push_back(
          requantizer.scale(sums[row * m + x], multipliers[v], residual));
    }
  if (width == 1)
    four.append({four[0], four[1]});
  // After narrowing, 32 bits of vector v and pixel x lie in each 128 bits at
  // 2 * x + v.
  constexpr int64_t kOrder[] = {0, 4, 1, 5, 2, 6, 3, 7};
  Value narrowed = k.bitcast(requantizer.toBytes(four), k.b.getI32Type());
  Value bytes =
      k.bitcast(k.shuffle(narrowed, narrowed, kOrder), k.b.getI8Type());
  llvm::SaveAndRestore lanes(k.vl, 2 * kBlock);
  k.storePart(bytes, buffers.output, at(s.out), width * kBlock);
}

void mlir::lw::emitWinogradOfBytes(KernelBuilder &k, const WinogradSpec &spec,
                                   const WinogradBuffers &buffers) {
  WinogradBytesEmitter(k, spec, buffers).emit();
}

//===- DepthwiseBytes.cpp - Quantized depthwise convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Depthwise/DepthwiseBytes.h"
#include "Kernels/Depthwise/BytesEmitter.h"
#include "Kernels/Requantizer.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::lw;

Address BytesEmitter::at(const Layout &l, Value n, Value block, Value y,
                         Value x, int64_t strideY, int64_t strideX) {
  Address a = k.advance({Value(), l.origin()}, part, channels);
  a = k.advance(a, n, l.imageStride());
  a = k.advance(a, block, l.blockStride());
  a = k.advance(a, y, strideY * l.rowStride());
  return k.advance(a, x, strideX * l.block);
}

/// A vector of few lanes, `count` times.
Value BytesEmitter::replicate(Value vector, int64_t count) {
  int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
  SmallVector<int64_t> all;
  for (int64_t i = 0; i < count * lanes; ++i)
    all.push_back(i % lanes);
  return count == 1 ? vector : k.shuffle(vector, vector, all);
}

DotBuilder::Operand BytesEmitter::weightsAt(Address a, int64_t pixels) {
  DotBuilder::Operand w = dot.weights(k.load(buffers.weights, a, kBlock));
  for (Value &part : w)
    part = replicate(part, pixels);
  return w;
}

/// The input of `pixels` neighbouring outputs at one tap.
Value BytesEmitter::loadPixels(Address a, int64_t pixels) {
  int64_t stride = s.g.strides[1];
  Value v;
  if (stride == 1 || pixels == 1) {
    v = k.load(buffers.input, a, pixels * channels);
  } else if (stride == 2) {
    // No further than the last: the second vector ends there.
    Value first = k.load(buffers.input, a, pixels * kBlock);
    Value last =
        k.load(buffers.input, a + (pixels - 1) * kBlock, pixels * kBlock);
    SmallVector<int64_t> bytes;
    for (int64_t p = 0; p < pixels; ++p) {
      int64_t from = 2 * p < pixels ? 2 * p : 2 * p + 1;
      for (int64_t i = 0; i < kBlock; ++i)
        bytes.push_back(from * kBlock + i);
    }
    v = k.shuffle(first, last, bytes);
  } else {
    for (int64_t p = 0; p < pixels; ++p) {
      Value pixel = k.load(buffers.input, a + p * stride * kBlock, kBlock);
      if (!v) {
        v = pixel;
        continue;
      }
      // Both as long as the sum of them.
      Value wide =
          k.shuffle(pixel, pixel,
                    llvm::map_to_vector(llvm::seq<int64_t>(0, p * kBlock),
                                        [](int64_t i) { return i % kBlock; }));
      v = k.shuffle(v, wide,
                    llvm::to_vector(llvm::seq<int64_t>(0, (p + 1) * kBlock)));
    }
  }
  if (s.g.multiplier == 1)
    return v;
  SmallVector<int64_t> bytes;
  for (int64_t i = 0; i < pixels * kBlock; ++i)
    bytes.push_back(i / kBlock * kBlock +
                    (term * kBlock + i % kBlock) / s.g.multiplier);
  return k.shuffle(v, v, bytes);
}

/// Four rows byte by byte, each 128 bits (a pixel) by themselves: vectors of
/// four channels each.
BytesEmitter::Operands BytesEmitter::interleave(ArrayRef<Value> rows) {
  constexpr int64_t kHalf = kBlock / 2;
  auto unpack = [&](Value a, Value c, int64_t from, int64_t bytes) {
    // Groups of `bytes` from the halves of each pixel.
    int64_t n = cast<VectorType>(a.getType()).getNumElements();
    SmallVector<int64_t> lanes;
    for (int64_t pixel = 0; pixel < n; pixel += kBlock)
      for (int64_t i = 0; i < kHalf; i += bytes)
        for (int64_t source : {int64_t(0), n})
          for (int64_t byte = 0; byte < bytes; ++byte)
            lanes.push_back(source + pixel + from + i + byte);
    return k.shuffle(a, c, lanes);
  };
  Operands quads;
  for (int64_t from = 0; from < channels; from += kHalf) {
    Value first = unpack(rows[0], rows[1], from, 1);
    Value second = unpack(rows[2], rows[3], from, 1);
    for (int64_t half : {int64_t(0), kHalf})
      quads.push_back(dot.inputs(unpack(first, second, half, 2)));
  }
  return quads;
}

/// Four rows of a column of the window, of each vector of pixels.
SmallVector<BytesEmitter::Operands>
BytesEmitter::loadWindow(Address in, ArrayRef<int64_t> rows, int64_t pixels,
                         int64_t group) {
  int64_t width = perVector(pixels), vectors = vectorsOf(pixels);
  SmallVector<Operands> quads;
  for (int64_t v = 0; v < vectors; ++v) {
    Address from = in + v * width * s.g.strides[1] * kBlock;
    SmallVector<Value, 4> four;
    for (int64_t i = 0; i < 4; ++i) {
      size_t row = 4 * group + i;
      // Where there is no row, the weights are zero.
      four.push_back(
          row < rows.size()
              ? loadPixels(from + rows[row] * s.in.rowStride(), width)
              : four.back());
    }
    quads.push_back(interleave(four));
  }
  return quads;
}

/// Adds the taps of four rows of a column of the window to the sums.
void BytesEmitter::addWindow(ArrayRef<Operands> quads, Address weights,
                             int64_t height, ArrayRef<int64_t> rows,
                             int64_t pixels, int64_t group,
                             SmallVectorImpl<Value> &sums) {
  int64_t width = perVector(pixels), vectors = vectorsOf(pixels);
  int64_t groups = groupsOf(rows);
  for (int64_t oy = 0; oy < height; ++oy) {
    if (isEmpty(tapsOf(s.g, rows, group, oy)))
      continue;
    Address w = weights + oy * s.g.kernelWidth * groups * kQuads * kBlock;
    for (int64_t q = 0; q < kQuads; ++q) {
      DotBuilder::Operand weight = weightsAt(w + q * kBlock, width);
      for (int64_t v = 0; v < vectors; ++v) {
        Value &sum = sums[(oy * vectors + v) * kQuads + q];
        sum = dot.step(sum, quads[v][q], weight);
      }
    }
  }
}

/// A large window: loops over its columns and its rows.
SmallVector<Value> BytesEmitter::emitLoops(Address in, int64_t pixels,
                                           SmallVector<Value> sums) {
  const ConvGeometry &g = s.g;
  SmallVector<int64_t> rows = rowsOf(g, 1);
  int64_t groups = groupsOf(rows), whole = rows.size() / 4;
  Address weights = k.advance({}, outBlock, weightBytes(s));
  return k.loop(
      0, g.kernelWidth, 1, sums,
      [&](Value kx, ValueRange carried) -> SmallVector<Value> {
        Address column = k.advance(in, kx, g.dilations[1] * kBlock);
        Address w = k.advance(weights, kx, groups * kQuads * kBlock);
        SmallVector<Value> next =
            k.loop(0, whole, 1, carried,
                   [&](Value group, ValueRange inner) -> SmallVector<Value> {
                     SmallVector<Value> sums(inner);
                     Address from = k.advance(
                         column, group, 4 * g.dilations[0] * s.in.rowStride());
                     addWindow(loadWindow(from, rows, pixels, 0),
                               k.advance(w, group, kQuads * kBlock), 1, rows,
                               pixels, 0, sums);
                     return sums;
                   });
        if (whole < groups)
          addWindow(loadWindow(column, rows, pixels, whole),
                    w + whole * kQuads * kBlock, 1, rows, pixels, whole, next);
        return next;
      });
}

/// Stores the accumulators of the pixels of a row: the channels of a pixel lie
/// in four vectors, those of half a block in two.
void BytesEmitter::emitSums(Address to, int64_t pixels, ArrayRef<Value> sums) {
  // The groups of a pixel of two vectors behind each other.
  auto join = [&](Value a, Value c, int64_t lanes) {
    SmallVector<int64_t> order;
    for (int64_t pixel = 0; pixel < pixels; ++pixel)
      for (int64_t source : {int64_t(0), pixels * lanes})
        for (int64_t i = 0; i < lanes; ++i)
          order.push_back(source + pixel * lanes + i);
    return k.shuffle(a, c, order);
  };
  Value all = join(sums[0], sums[1], kQuad);
  if (sums.size() == 4)
    all = join(all, join(sums[2], sums[3], kQuad), 2 * kQuad);
  k.store(all, buffers.output, to);
}

/// Requantizes and stores the pixels of a vector.
void BytesEmitter::emitEnd(Address to, Address residual, int64_t pixels,
                           ArrayRef<Value> multipliers, ArrayRef<Value> sums) {
  if (s.out.type.isInteger(32))
    return emitSums(to, pixels, sums);
  Requantizer requantizer(k, s);
  Value residuals;
  if (s.residual)
    residuals = k.load(buffers.residual, residual, pixels * channels);
  SmallVector<Value, 4> scaled;
  for (int64_t q = 0; q < quads; ++q) {
    Value ofQuad;
    if (residuals) {
      SmallVector<int64_t> bytes;
      for (int64_t i = 0; i < pixels * kQuad; ++i)
        bytes.push_back(i / kQuad * channels + q * kQuad + i % kQuad);
      ofQuad = k.shuffle(residuals, residuals, bytes);
    }
    scaled.push_back(requantizer.scale(sums[q], multipliers[q], ofQuad));
  }
  k.store(requantizer.toBytes(scaled), buffers.output, to);
}

/// What `buffer` holds for each channel, for the pixels of a vector.
SmallVector<Value> BytesEmitter::parameters(Value buffer, int64_t pixels) {
  SmallVector<Value> all;
  Address first = k.advance(k.advance({}, outBlock, kBlock), part, channels);
  for (int64_t q = 0; q < quads; ++q)
    all.push_back(replicate(k.load(buffer, first + q * kQuad, kQuad), pixels));
  return all;
}

Address BytesEmitter::firstInput(Value n, Value y, Value x) {
  const ConvGeometry &g = s.g;
  return at(s.in, n, inBlock, y, x, g.strides[0], g.strides[1]) +
         (-g.padding[0] * s.in.rowStride() - g.padding[2] * kBlock);
}

/// The weights of the first output row of a tile.
Address BytesEmitter::firstWeight(int64_t height) {
  Address weights = k.advance({}, outBlock, weightBytes(s));
  if (s.addsTaps())
    return k.advance(weights, part, channels);
  return k.advance(weights, part, quads * kBlock) +
         (height == s.tileHeight ? 0 : weightBytes(s, s.tileHeight));
}

void BytesEmitter::emitTile(Value n, Value y, Value x, int64_t height,
                            int64_t pixels) {
  const ConvGeometry &g = s.g;
  int64_t vectors = vectorsOf(pixels), perVector = this->perVector(pixels);
  Address in = firstInput(n, y, x);
  SmallVector<Value> sums = parameters(buffers.bias, perVector);
  for (int64_t i = kQuads; i < height * vectors * kQuads; ++i)
    sums.push_back(sums[i - kQuads]);
  if (hasLargeWindow(g)) {
    sums = emitLoops(in, pixels, sums);
  } else {
    SmallVector<int64_t> rows = rowsOf(g, height);
    Address weights = firstWeight(height);
    for (int64_t kx = 0; kx < g.kernelWidth; ++kx)
      for (int64_t group = 0; group < groupsOf(rows); ++group)
        addWindow(
            loadWindow(in + kx * g.dilations[1] * kBlock, rows, pixels, group),
            weights + (kx * groupsOf(rows) + group) * kQuads * kBlock, height,
            rows, pixels, group, sums);
  }
  SmallVector<Value> multipliers;
  if (!s.out.type.isInteger(32))
    multipliers = parameters(buffers.multipliers, perVector);
  auto place = [&](const Layout &l, int64_t oy, int64_t v) {
    return at(l, n, outBlock, y, x, 1, 1) +
           (oy * l.rowStride() + v * perVector * kBlock);
  };
  for (int64_t oy = 0; oy < height; ++oy)
    for (int64_t v = 0; v < vectors; ++v)
      emitEnd(place(s.out, oy, v),
              s.residual ? place(*s.residual, oy, v) : Address(), perVector,
              multipliers,
              ArrayRef(sums).slice((oy * vectors + v) * kQuads, kQuads));
}

void BytesEmitter::emitBlock(const DepthwiseBlock &current) {
  inBlock = current.in;
  term = current.term;
  outBlock = current.out;
  int64_t h = s.g.outHeight, th = s.tileHeight;
  Part rows =
      current.slot ? k.partOf(current.slot, s.rowParts(), h, th) : Part();
  auto emitRows = [&](Value y, int64_t height) {
    k.tiles(s.g.outWidth, s.tileWidth, {}, [&](Value x, int64_t width) {
      if (s.sharesColumns())
        return emitColumns(current.image, y, x, height, width);
      if (s.pairsRows())
        return emitPairs(current.image, y, x, width);
      // What is left of a row, in powers of two.
      for (int64_t done = 0; done < width;) {
        int64_t pixels = llvm::bit_floor<uint64_t>(width - done);
        emitTile(current.image, y, k.add(x, done), height, pixels);
        done += pixels;
      }
    });
  };
  k.loop(0, shape.parts, 1, [&](Value p) {
    part = shape.parts == 1 ? Value() : p;
    k.tiles(h, th, rows, emitRows);
  });
}

void mlir::lw::emitDepthwiseBytes(KernelBuilder &k, const DepthwiseSpec &spec,
                                  const ConvBuffers &buffers) {
  BytesEmitter(k, spec, buffers).emit();
}

//===- ChannelCopyKernel.cpp - Copies that move channels between blocks
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Copy/ChannelCopyKernel.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::lw;

/// The vector of the result's block `block` at one pixel; `load(source, block)`
/// gives one of a source.
static Value gather(KernelBuilder &k, const ChannelCopySpec &s, int64_t block,
                    llvm::function_ref<Value(int64_t, int64_t)> load) {
  constexpr int64_t kUnused = -1;
  // Per lane: the vector it comes from, as an index into `parts`, and its lane
  // there.
  SmallVector<std::pair<int64_t, int64_t>> parts;
  SmallVector<int64_t> part(k.vl, kUnused), lane(k.vl, 0);
  for (int64_t i = 0; i < k.vl; ++i) {
    int64_t channel = block * k.vl + i;
    if (channel >= s.out.c)
      continue;
    ChannelCopySpec::Origin origin = s.origins[channel];
    std::pair<int64_t, int64_t> from(origin.source, origin.channel / k.vl);
    auto *known = llvm::find(parts, from);
    part[i] = known - parts.begin();
    lane[i] = origin.channel % k.vl;
    if (known == parts.end())
      parts.push_back(from);
  }
  bool zeros = llvm::is_contained(part, kUnused);
  Value result = zeros ? k.splat(s.out.type, k.vl, 0) : Value();
  for (auto [p, from] : llvm::enumerate(parts)) {
    Value loaded = load(from.first, from.second);
    SmallVector<int64_t> mask(k.vl, 0);
    bool identity = !result;
    for (int64_t i = 0; i < k.vl; ++i) {
      bool mine = part[i] == static_cast<int64_t>(p);
      mask[i] = mine ? lane[i] : (result ? k.vl : 0) + i;
      identity &= mask[i] == i;
    }
    if (identity)
      result = loaded;
    else
      result = vector::ShuffleOp::create(k.b, loaded, result ? result : loaded,
                                         mask);
  }
  return result;
}

/// The number of blocks from `block` on that are, whole, blocks of one source
/// that follow each other; `from` is the first of these.
static int64_t countWhole(const ChannelCopySpec &s, int64_t block,
                          int64_t vector, ChannelCopySpec::Origin &from) {
  ArrayRef<ChannelCopySpec::Origin> rest =
      ArrayRef(s.origins).drop_front(block * vector);
  from = rest.front();
  int64_t count = 0;
  while (count < static_cast<int64_t>(rest.size()) &&
         rest[count].source == from.source &&
         rest[count].channel == from.channel + count)
    ++count;
  return from.channel % vector ? 0 : count / vector;
}

void mlir::lw::emitChannelCopy(KernelBuilder &k, const ChannelCopySpec &s,
                               ValueRange sources, Value target) {
  auto at = [&](const Layout &l, Value n, Value y, Value x, int64_t block) {
    Address a{Value(), l.origin() + block * l.blockStride()};
    a = k.advance(a, n, l.imageStride());
    a = k.advance(a, y, l.rowStride());
    return k.advance(a, x, l.block);
  };
  auto emitRow = [&](Value n, Value y) {
    for (int64_t block = 0; block < s.out.blocks(); ++block) {
      ChannelCopySpec::Origin from;
      int64_t whole = countWhole(s, block, k.vl, from);
      if (whole > 1) {
        const Layout &source = s.sources[from.source];
        k.loop(0, whole, 1, [&](Value i) {
          k.loop(0, s.out.w, 1, [&](Value x) {
            Address a = at(source, n, y, x, from.channel / k.vl);
            Value loaded = k.load(sources[from.source],
                                  k.advance(a, i, source.blockStride()));
            Address b = at(s.out, n, y, x, block);
            k.store(loaded, target, k.advance(b, i, s.out.blockStride()));
          });
        });
        block += whole - 1;
        continue;
      }
      k.loop(0, s.out.w, 1, [&](Value x) {
        auto load = [&](int64_t source, int64_t from) {
          return k.load(sources[source], at(s.sources[source], n, y, x, from));
        };
        k.store(gather(k, s, block, load), target, at(s.out, n, y, x, block));
      });
    }
  };
  k.loop(0, s.out.n, 1, [&](Value n) {
    k.loop(0, s.out.h, 1, [&](Value y) { emitRow(n, y); }, /*parallel=*/true);
  });
}

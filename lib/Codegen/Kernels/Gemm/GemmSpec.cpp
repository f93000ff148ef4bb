//===- GemmSpec.cpp - Geometry and packed weights of matrix kernels
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Kernels/Gemm/GemmKernel.h"
#include "Kernels/SharedWeights.h"
#include "lw/Support/LargePages.h"

using namespace mlir;
using namespace mlir::lw;

void GemmSpec::linearize() {
  bool unit = g.kernelHeight == 1 && g.kernelWidth == 1 && !g.hasStride() &&
              !g.hasPadding();
  if (!unit || in.hasHalo() || out.hasHalo() ||
      (residual && residual->hasHalo()))
    return;
  auto join = [](Layout &l) {
    l.w *= l.h;
    l.h = 1;
    // Images follow one another like pixels when they are one block thick.
    if (l.blocks() == 1) {
      l.w *= l.n;
      l.n = 1;
    }
  };
  int64_t batch = g.batch;
  auto images = [&](const Layout &l) { return l.blocks() == 1 ? 1 : batch; };
  bool sameImages = images(in) == images(out) &&
                    (!residual || images(*residual) == images(out));
  if (!sameImages && batch != 1)
    return;
  join(in);
  join(out);
  if (residual)
    join(*residual);
  g.batch = in.n;
  g.inHeight = g.outHeight = 1;
  g.inWidth = g.outWidth = in.w;
}

int64_t GemmSpec::pixelsToFold(const ConvGeometry &g, int64_t vector) {
  if (g.groups != 1 || g.kernelWidth == 1 || g.dilations[1] != 1)
    return 1;
  // Of the products of a vector, those that are needed.
  auto useful = [&](int64_t pixels) {
    double width = g.kernelWidth + (pixels - 1) * g.strides[1];
    return pixels * g.kernelWidth / width;
  };
  constexpr double kWorthwhile = 1.3;
  int64_t best = 1;
  for (int64_t pixels = 2;
       pixels <= std::min(vector / g.outChannels, g.outWidth); ++pixels)
    if (useful(pixels) > std::max(kWorthwhile, useful(best)))
      best = pixels;
  return best;
}

void GemmSpec::foldPixels(int64_t pixels) {
  fold = pixels;
  g.kernelWidth += (pixels - 1) * g.strides[1];
  g.strides[1] *= pixels;
  g.outWidth /= pixels;
  g.outChannels *= pixels;
}

/// The filter of folded pixels: each has the columns from its own on.
template <typename T>
static std::vector<T> foldFilter(const GemmSpec &s, ArrayRef<T> filter) {
  int64_t outs = s.g.outChannels / s.fold, stride = s.g.strides[1] / s.fold;
  int64_t width = s.g.kernelWidth - (s.fold - 1) * stride;
  int64_t row = s.g.inChannels * outs;
  std::vector<T> folded(s.g.kernelHeight * s.g.kernelWidth * row * s.fold);
  for (int64_t y = 0; y < s.g.kernelHeight; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t pixel = 0; pixel < s.fold; ++pixel)
        for (int64_t i = 0; i < row; ++i) {
          int64_t column = y * s.g.kernelWidth + x + pixel * stride;
          folded[(column * s.g.inChannels + i / outs) * s.g.outChannels +
                 pixel * outs + i % outs] = filter[(y * width + x) * row + i];
        }
  return folded;
}

double mlir::lw::sharedCycles(double cycles, int64_t threads,
                              const TargetInfo &target) {
  return threads == 1
             ? cycles
             : std::min(cycles, cycles / threads + target.costs.waking);
}

int64_t GemmSpec::pixelParts() const {
  if (threads == 1 || sharesImages())
    return 1;
  // Nanoseconds of the slowest thread. What another thread has just written is
  // slow to come, so threads that share panels wait for the inputs; threads
  // that share pixels all read all weights, but ahead.
  const TargetCosts &costs = target->costs;
  int64_t tiles =
      cutsRows() ? g.outHeight / tileHeight : g.outWidth / tileWidth;
  auto slowest = [&](int64_t units) {
    double most = llvm::divideCeilSigned(units, threads);
    return 2.0 * macs() / costs.flops * most / std::max<int64_t>(1, units);
  };
  double weights = packedBytes(outVectors());
  double byPixels = slowest(tiles) + weights / costs.aheadBytes;
  double byPanels = slowest(fullPanels() + (tailVectors() != 0)) +
                    in.bytes() * (1 - 1.0 / threads) / costs.sharedBytes;
  bool pixels = order == LoopOrder::Rows || byPixels < byPanels;
  return pixels ? std::min(threads, std::max<int64_t>(1, tiles)) : 1;
}

int64_t GemmSpec::widePanels() const {
  int64_t panels = fullPanels() + (tailVectors() != 0);
  if (order == LoopOrder::Rows)
    return panels;
  if (sharesImages())
    return g.batch;
  int64_t parts = pixelParts();
  return parts == 1 && threads > 1 ? panels : parts;
}

bool GemmSpec::widensInputs() const {
  if (isWide)
    return true;
  constexpr int64_t kFewReads = 2;
  int64_t panels = llvm::divideCeilSigned(outVectors(), tileVectors);
  int64_t reads = panels * g.kernelHeight * g.kernelWidth /
                  (g.groups * g.strides[0] * g.strides[1]);
  return widensWeights() && reads >= kFewReads && in.block % inputs() == 0 &&
         in.elements() % TargetInfo::kByteBlock == 0 &&
         in.elements() * static_cast<int64_t>(sizeof(int16_t)) <=
             target->l2Bytes;
}

int64_t GemmSpec::panelStart(int64_t channel) const {
  if (g.groups == 1)
    return 0;
  int64_t group = channel / (g.outChannels / g.groups);
  int64_t block = group * (g.inChannels / g.groups) / in.block;
  return std::min(block, in.blocks() - panelBlocks());
}

int64_t GemmSpec::panelBlocks() const {
  if (g.groups == 1)
    return in.blocks();
  int64_t outPerGroup = g.outChannels / g.groups;
  int64_t inPerGroup = g.inChannels / g.groups;
  int64_t panel = tileVectors * vector, most = 1;
  for (int64_t first = 0; first < g.outChannels; first += panel) {
    int64_t last = std::min(first + panel, g.outChannels) - 1;
    int64_t firstIn = first / outPerGroup * inPerGroup;
    int64_t lastIn = (last / outPerGroup + 1) * inPerGroup - 1;
    most = std::max(most, lastIn / in.block - firstIn / in.block + 1);
  }
  return most;
}

int64_t GemmSpec::rangeChannels(int64_t channel) const {
  int64_t outPerGroup = g.outChannels / g.groups;
  int64_t last = std::min(channel + tileVectors * vector, g.outChannels) - 1;
  return (last / outPerGroup - channel / outPerGroup + 1) *
         (g.inChannels / g.groups);
}

int64_t GemmSpec::mostRangeChannels() const {
  int64_t most = 0;
  for (int64_t first = 0; first < g.outChannels; first += tileVectors * vector)
    most = std::max(most, rangeChannels(first));
  return most;
}

int64_t GemmSpec::rangeUnit() const {
  constexpr int64_t kMost = 8;
  int64_t unit = 1, inPerGroup = g.inChannels / g.groups;
  auto divides = [&](int64_t count) {
    return inPerGroup % count == 0 &&
           (in.blocks() == 1 || in.block % count == 0);
  };
  while (unit < kMost && divides(2 * unit))
    unit *= 2;
  return unit;
}

bool GemmSpec::readsRanges() const {
  // Lanes of a vector of the input make steps of whole blocks.
  if (g.groups == 1 || quantized || taps != 1 || unit->takesLane)
    return false;
  int64_t most = mostRangeChannels();
  if (g.kernelHeight * g.kernelWidth * most > kLongestSum)
    return false;
  return 10 * averageSteps() <
         9.0 * g.kernelHeight * g.kernelWidth * panelBlocks() * in.block;
}

double GemmSpec::averageSteps() const {
  double sum = 0, count = 0;
  for (int64_t first = 0; first < g.outChannels;
       first += tileVectors * vector, ++count)
    sum += rangeChannels(first);
  return g.kernelHeight * g.kernelWidth * sum / count;
}

bool GemmSpec::sharesWeights() const {
  if (!panel || g.groups != 1 || fold != 1)
    return false;
  // Not every processor has a unit for bf16.
  if (unit->bfloat)
    return false;
  // Bytes lie in the same blocks for all processors, but where two pixels are
  // multiplied at once.
  if (quantized)
    return unit->pixels() == 1;
  if (g.kernelHeight * g.kernelWidth == 1 || in.blocks() == 1)
    return true;
  int64_t rest = g.inChannels % panel;
  return panel % in.block == 0 && (rest < in.block || rest % in.block == 0);
}

SmallVector<GemmSpec::Segment> GemmSpec::segments() const {
  // Lanes of a block are unrolled; a long block (NHWC) is looped over in
  // chunks.
  const int64_t kChunk = 16 * inputs();
  SmallVector<Segment> result;
  auto append = [&](int64_t firstBlock, int64_t blocks, int64_t lanes) {
    if (blocks == 0 || lanes == 0)
      return;
    // What is no channel has weights of zero.
    lanes = llvm::alignTo(lanes, inputs());
    int64_t whole = lanes <= kChunk ? lanes : lanes / kChunk * kChunk;
    result.push_back({firstBlock, blocks, 0, whole});
    if (whole < lanes)
      result.push_back({firstBlock, blocks, whole, lanes - whole});
  };
  if (g.groups != 1) {
    append(0, panelBlocks(), in.block);
    return result;
  }
  int64_t whole = g.inChannels / in.block, ofPanels = whole;
  // The last of several blocks of weights may be shorter.
  if (sharesByBlocks() && in.blocks() > 1)
    ofPanels = g.inChannels / panel * (panel / in.block);
  append(0, ofPanels, in.block);
  append(ofPanels, whole - ofPanels, in.block);
  append(g.inChannels / in.block, g.inChannels % in.block ? 1 : 0,
         g.inChannels % in.block);
  return result;
}

int64_t GemmSpec::steps() const {
  if (readsRanges())
    return g.kernelHeight * g.kernelWidth * mostRangeChannels();
  int64_t count = 0;
  for (const Segment &s : segments())
    count += s.blocks * g.kernelHeight * g.kernelWidth * s.lanes / inputs();
  return count;
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

/// (tap, lane) of the steps of one block of a segment, in order.
static SmallVector<std::pair<int64_t, int64_t>>
stepOrder(const GemmSpec &s, const GemmSpec::Segment &segment) {
  SmallVector<std::pair<int64_t, int64_t>> order;
  for (int64_t ky = 0; ky < s.g.kernelHeight; ++ky)
    for (int64_t first = 0; first < s.g.kernelWidth; first += s.taps)
      for (int64_t lane = 0; lane < segment.lanes; lane += s.inputs())
        for (int64_t kx = first; kx < first + s.taps; ++kx)
          order.push_back({ky * s.g.kernelWidth + kx, lane});
  return order;
}

template <typename T>
static std::vector<T> pack(const GemmSpec &s, ArrayRef<T> filter) {
  const ConvGeometry &g = s.g;
  int64_t inPerGroup = g.inChannels / g.groups;
  int64_t outPerGroup = g.outChannels / g.groups;
  std::vector<T> packed;
  reserveLarge(packed, s.steps() * s.outVectors() * s.weightsStride());
  SmallVector<GemmSpec::Segment> segments = s.segments();
  auto weight = [&](int64_t tap, int64_t channel, int64_t out) -> T {
    int64_t inGroup =
        out < g.outChannels ? channel - out / outPerGroup * inPerGroup : -1;
    bool used = inGroup >= 0 && inGroup < inPerGroup && channel < g.inChannels;
    return used ? filter[(tap * inPerGroup + inGroup) * g.outChannels + out]
                : T(0);
  };
  auto append = [&](int64_t tap, int64_t channel, int64_t first,
                    int64_t vectors) {
    for (int64_t v = first; v < first + vectors; ++v) {
      size_t at = packed.size();
      packed.resize(at + s.weightsStride());
      for (int64_t column = 0; column < s.vector; ++column)
        for (int64_t input = 0; input < s.inputs(); ++input)
          packed[at + s.weightPosition(column, input)] =
              weight(tap, channel + input, v * s.vector + column);
    }
  };
  for (int64_t first = 0; first < s.outVectors(); first += s.tileVectors) {
    // Panels that are shared are whole.
    int64_t vectors = s.sharesWeights()
                          ? s.tileVectors
                          : std::min(s.tileVectors, s.outVectors() - first);
    if (s.readsRanges()) {
      int64_t start = first * s.vector / outPerGroup * inPerGroup;
      for (int64_t tap = 0; tap < g.kernelHeight * g.kernelWidth; ++tap)
        for (int64_t i = 0; i < s.mostRangeChannels(); ++i)
          append(tap, start + i, first, vectors);
      continue;
    }
    int64_t start = s.panelStart(first * s.vector);
    for (const GemmSpec::Segment &segment : segments)
      for (int64_t block = 0; block < segment.blocks; ++block)
        for (auto [tap, lane] : stepOrder(s, segment)) {
          int64_t channel = (start + segment.firstBlock + block) * s.in.block +
                            segment.firstLane + lane;
          append(tap, channel, first, vectors);
        }
  }
  return packed;
}

/// The same where the vectors of a tile lie side by side in a row of the
/// filter.
template <typename T>
static std::vector<T> packRows(const GemmSpec &s, ArrayRef<T> filter) {
  const ConvGeometry &g = s.g;
  std::vector<T> packed;
  reserveLarge(packed, s.steps() * s.outVectors() * s.vector);
  for (int64_t first = 0; first < s.outVectors(); first += s.tileVectors) {
    int64_t vectors = std::min(s.tileVectors, s.outVectors() - first);
    for (const GemmSpec::Segment &segment : s.segments()) {
      auto order = stepOrder(s, segment);
      for (int64_t block = 0; block < segment.blocks; ++block)
        for (auto [tap, lane] : order) {
          int64_t channel = (segment.firstBlock + block) * s.in.block +
                            segment.firstLane + lane;
          ArrayRef<T> row;
          if (channel < g.inChannels)
            row = filter.slice((tap * g.inChannels + channel) * g.outChannels,
                               g.outChannels);
          appendRow(packed, row, first * s.vector, vectors * s.vector);
        }
    }
  }
  return packed;
}

/// Floats, of either type.
template <typename T>
static std::vector<T> packFloats(const GemmSpec &s, ArrayRef<T> filter) {
  if (s.fold != 1)
    return pack<T>(s, foldFilter(s, filter));
  if (s.sharesWeights())
    return packSharedWeights(s.g, s.panel, filter);
  return s.g.groups == 1 && s.inputs() == 1 ? packRows(s, filter)
                                            : pack(s, filter);
}

std::vector<float> mlir::lw::packGemmWeights(const GemmSpec &s,
                                             ArrayRef<float> filter) {
  return packFloats(s, filter);
}

std::vector<uint16_t> mlir::lw::packGemmWeights(const GemmSpec &s,
                                                ArrayRef<uint16_t> filter) {
  return packFloats(s, filter);
}

std::vector<int8_t> mlir::lw::packGemmWeights(const GemmSpec &s,
                                              ArrayRef<int8_t> filter) {
  if (!s.sharesWeights())
    return pack(s, filter);
  GemmSpec shared = s;
  shared.tileVectors = s.panel / s.vector;
  shared.taps = 1;
  return pack(shared, filter);
}

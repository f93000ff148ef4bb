//===- WinogradKernel.h - 3x3 convolutions with fewer multiplications
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_WINOGRAD_WINOGRADKERNEL_H
#define LW_LIB_CODEGEN_KERNELS_WINOGRAD_WINOGRADKERNEL_H

#include "Kernels/Gemm/GemmKernel.h"

namespace mlir::lw {

/// Winograd's minimal filtering F(m x m, 3x3) of Lavin and Gray, "Fast
/// Algorithms for Convolutional Neural Networks", 2016, section 4: for every
/// tile of m x m outputs
///
///     Y = A' [ (G g G') * (B' d B) ] A
///
/// where the product in brackets is element-wise; summed over input channels it
/// is (m+2)^2 matrix products, each tiles x Cin x Cout. A tile takes (m+2)^2
/// multiplications an input and output channel in place of 9 m^2: 2.25 times
/// fewer at m = 2, 4 times at m = 4.
///
/// Filters are transformed while the network runs, which takes a few percent of
/// a layer: transformed ones are 4 times as large at m = 4 and would have to
/// come from memory.
///
/// Of bytes, m is 2, filters and inputs are transformed to 16 bits, four
/// channels of a vector of output channels at a time, and products are of 32
/// bits.
struct WinogradSpec : ConvSpec {
  int64_t outputs = 4; // m
  /// Rows of tiles whose transforms exist at a time, a divisor of tileRows().
  int64_t rows = 1;
  /// Vectors of output channels that are computed together, a divisor of
  /// outVectors().
  int64_t vectors = 1;
  /// One product: the tiles of `rows` rows in place of pixels.
  GemmSpec product;

  /// Whether weights lie as packSharedWeights packs them.
  bool sharesWeights() const { return panel != 0; }

  int64_t window() const { return outputs + 2; }
  int64_t tileRows() const {
    return llvm::divideCeilSigned(g.outHeight, outputs);
  }
  int64_t tileColumns() const {
    return llvm::divideCeilSigned(g.outWidth, outputs);
  }
  int64_t tiles() const { return rows * tileColumns(); }
  int64_t chunks() const { return tileRows() / rows; }
  int64_t panels() const { return outVectors() / vectors; }
  int64_t points() const { return window() * window(); }

  /// Elements of the transformed filters of a panel, inputs and products of a
  /// chunk, from one of the points to the next.
  int64_t filterElements() const {
    return stride(productSteps() * vectors * vector * unit->inputs,
                  operandBytes());
  }
  int64_t inputElements() const {
    return stride(in.blocks() * in.block * tiles(), operandBytes());
  }
  int64_t productElements() const { return stride(vectors * vector * tiles()); }
  /// Steps of the products.
  int64_t productSteps() const {
    return llvm::divideCeilSigned(g.inChannels, unit->inputs);
  }
  /// Of an element of the transformed filters and inputs.
  int64_t operandBytes() const {
    return quantized ? sizeof(int16_t) : sizeof(float);
  }
  /// What works side by side: chunks or panels.
  int64_t units() const { return chunks() > 1 ? chunks() : panels(); }
  /// Threads on chunks (or, where there is one chunk, on panels). Each makes
  /// all transforms that it needs for itself, in memory of its own: that takes
  /// less time than to fetch what another core has written, and stays in its
  /// cache.
  int64_t slots() const { return std::min(threads, units()); }
  bool chunksApart() const { return slots() > 1 && chunks() > 1; }
  bool panelsApart() const { return slots() > 1 && chunks() == 1; }
  /// Panels whose filters a slot has at a time: all of them where several
  /// chunks need them.
  int64_t slotPanels() const { return chunks() > 1 ? panels() : 1; }
  int64_t scratchBytes() const {
    return slots() * points() *
           (operandBytes() *
                (slotPanels() * filterElements() + inputElements()) +
            static_cast<int64_t>(sizeof(float)) * productElements());
  }

  /// The halo that windows of whole tiles reach.
  static std::array<int64_t, 4> halo(const ConvGeometry &g, int64_t outputs);

  /// At least `elements`, an odd number of cache lines: transforms touch all
  /// points at a time, which then lie in different sets of a cache.
  static int64_t stride(int64_t elements, int64_t bytes = sizeof(float)) {
    int64_t line = 64 / bytes;
    return (llvm::divideCeilSigned(elements, line) | 1) * line;
  }
};

/// True for what the kernel can compute: 3x3, stride 1, no dilation, no groups.
bool isWinogradPossible(const ConvGeometry &g);

/// Fills in `product` from tile extents that are set, without choosing.
void setWinogradProduct(WinogradSpec &spec);

/// Chooses m, rows, vectors and the product's register tile for a number of
/// threads. Returns the estimated cycles, to compare with those of a GemmSpec.
double chooseWinograd(WinogradSpec &spec, const TargetInfo &target,
                      int64_t threads);

/// Weights `[3, 3, Cin, Cout]` in the order in which the filter transform
/// reads them: the product's panels of output vectors, then input channels,
/// then output vectors of the panel, then taps, then lanes. Or shared ones.
std::vector<float> packWinogradWeights(const WinogradSpec &spec,
                                       ArrayRef<float> filter);
std::vector<uint16_t> packWinogradWeights(const WinogradSpec &spec,
                                          ArrayRef<uint16_t> filter);
/// Those of bytes: panels, then a register of transformed filters after the
/// other as the product reads them, then taps.
std::vector<int8_t> packWinogradWeights(const WinogradSpec &spec,
                                        ArrayRef<int8_t> filter);

/// Where the 3x3 packed weights of an input channel and a vector of output
/// channels begin, the vector given by its panel and its place in that.
Address filterAt(KernelBuilder &k, const WinogradSpec &spec, Value panel,
                 Value inPanel, Value channel);

/// Where the weights of a tap lie, of those that begin at `filter`.
Address tapAt(KernelBuilder &k, const WinogradSpec &spec, Address filter,
              Value channel, int64_t tap);

/// body(filter, stride, number) for the shared weights of a vector of output
/// channels, input channel by input channel: where they begin, the distance of
/// taps, and the number of the transform. What comes next is fetched.
void forSharedFilters(KernelBuilder &k, const WinogradSpec &spec, Value weights,
                      Value panel, Value inPanel,
                      llvm::function_ref<void(Address, int64_t, Value)> body);

/// The number of its transform among those of a panel.
Value filterNumber(KernelBuilder &k, const WinogradSpec &spec, Value inPanel,
                   Value channel);

/// Filters, inputs and products are scratch.
struct WinogradBuffers : ConvBuffers {
  Value filters, inputs, products;
};

void emitWinograd(KernelBuilder &k, const WinogradSpec &spec,
                  const WinogradBuffers &buffers);
/// The same of bytes.
void emitWinogradOfBytes(KernelBuilder &k, const WinogradSpec &spec,
                         const WinogradBuffers &buffers);

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_WINOGRAD_WINOGRADKERNEL_H

//===- WinogradTransforms.h - The transforms of Winograd's filtering
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_KERNELS_WINOGRAD_WINOGRADTRANSFORMS_H
#define LW_LIB_CODEGEN_KERNELS_WINOGRAD_WINOGRADTRANSFORMS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace mlir::lw {

/// A constant of a transform, exactly.
struct Ratio {
  int64_t numerator, denominator = 1;
  constexpr Ratio operator*(Ratio r) const {
    return {numerator * r.numerator, denominator * r.denominator};
  }
  constexpr Ratio operator-() const { return {-numerator, denominator}; }
  constexpr Ratio operator+(Ratio r) const {
    return {numerator * r.denominator + r.numerator * denominator,
            denominator * r.denominator};
  }
  constexpr Ratio inverse() const { return {denominator, numerator}; }
};

/// The three transforms of one row or column for F(m, 3), m = 2 or 4: with
/// filters g and inputs d, A' [(G g) * (B' d)] are the m outputs.
///
/// They multiply polynomials through their values at m + 1 points and at
/// infinity. For m = 4 the points are 0, +-a and +-b with a = 2/3 and b = 3/2.
/// Integers, 0, +-1 and +-2, amplify rounding two to four times as much: what
/// matters is that powers of the points neither grow nor shrink and that the
/// points are apart. That a b = 1 saves operations and constants.
///
/// The products at a point may be scaled by any factor, for the filters are
/// anyway: by a and by b^2 here, which makes one factor of two outputs 1.
///
/// `Arithmetic` is what the transforms compute with: a type Number, add(x, y),
/// sub(x, y), scale(x, Ratio), fma(x, Ratio, y), which is x * ratio + y, and
/// mirror(x, middle), 2 * middle - x: of even + odd and even - odd, it makes
/// the one from the other. That overwrites what is dead then; two multiply-adds
/// would need a copy of a register.
template <typename Arithmetic> class WinogradTransforms {
public:
  using Number = typename Arithmetic::Number;
  using Row = llvm::SmallVector<Number>;

  WinogradTransforms(Arithmetic &arithmetic, int64_t outputs)
      : f(arithmetic), m(outputs) {}

  /// G x, 3 to m + 2.
  Row filterRow(llvm::ArrayRef<Number> x) {
    if (m == 2) {
      Number half = f.scale(f.add(x[0], x[2]), kHalf);
      return {x[0], f.fma(x[1], kHalf, half), f.fma(x[1], -kHalf, half), x[2]};
    }
    Number nearEven = f.fma(x[2], kNear * kA2, f.scale(x[0], kNear));
    Number farEven = f.fma(x[2], kFar * kB2, f.scale(x[0], kFar));
    Number near = f.fma(x[1], kNear * kA, nearEven);
    Number far = f.fma(x[1], kFar * kB, farEven);
    return {x[0], near, f.mirror(near, nearEven), far, f.mirror(far, farEven),
            x[2]};
  }

  /// B' x, m + 2 to m + 2.
  Row inputRow(llvm::ArrayRef<Number> x) {
    if (m == 2)
      return {f.sub(x[0], x[2]), f.add(x[1], x[2]), f.sub(x[2], x[1]),
              f.sub(x[1], x[3])};
    // The polynomial that is zero at all points but one: (x^2 - b^2) (x^2 + a
    // x) for a.
    Number nearEven = f.fma(x[2], -kB2, x[4]),
           nearOdd = f.fma(x[1], -kB2, x[3]);
    Number farEven = f.fma(x[2], -kA2, x[4]), farOdd = f.fma(x[1], -kA2, x[3]);
    Number near = f.fma(nearOdd, kA, nearEven);
    Number far = f.fma(farOdd, kB, farEven);
    Ratio sum = kA2 + kB2;
    return {f.fma(x[2], -sum, f.add(x[0], x[4])),
            near,
            f.mirror(near, nearEven),
            far,
            f.mirror(far, farEven),
            f.fma(x[3], -sum, f.add(x[1], x[5]))};
  }

  /// A' x, m + 2 to m.
  Row outputRow(llvm::ArrayRef<Number> x) {
    if (m == 2)
      return {f.add(x[0], f.add(x[1], x[2])), f.sub(f.sub(x[1], x[2]), x[3])};
    Number nearSum = f.add(x[1], x[2]), nearDifference = f.sub(x[1], x[2]);
    Number farSum = f.add(x[3], x[4]), farDifference = f.sub(x[3], x[4]);
    return {f.fma(nearSum, kB, f.fma(farSum, kA2, x[0])),
            f.fma(farDifference, kA, nearDifference),
            f.fma(nearSum, kA, farSum),
            f.fma(nearDifference, kA2, f.fma(farDifference, kB, x[5]))};
  }

private:
  static constexpr Ratio kHalf = {1, 2};
  // The points but 0 and infinity, +-a and +-b with a b = 1.
  static constexpr Ratio kA = {2, 3}, kB = kA.inverse();
  static constexpr Ratio kA2 = kA * kA, kB2 = kB * kB;
  // What the filters are scaled by there: the derivative's reciprocal, times
  // the factor of the products.
  static constexpr Ratio kTwo = {2};
  static constexpr Ratio kNear = kA * (kTwo * kA2 * (kA2 + -kB2)).inverse();
  static constexpr Ratio kFar = kB2 * (kTwo * kB2 * (kB2 + -kA2)).inverse();

  Arithmetic &f;
  const int64_t m;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_KERNELS_WINOGRAD_WINOGRADTRANSFORMS_H

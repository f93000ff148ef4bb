//===- Number.cpp - Scalars known at compile time
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Number.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

Number lw::rounded(Number number, Type type) {
  if (auto floats = dyn_cast<FloatType>(type)) {
    if (floats.isF32())
      number.real = static_cast<float>(number.real);
    else if (!floats.isF64()) {
      APFloat value(number.real);
      bool lossy;
      value.convert(floats.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                    &lossy);
      number.real = value.convertToDouble();
    }
    return number;
  }
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  if (width == 1)
    number.whole &= 1;
  else if (width < 64)
    number.whole = llvm::SignExtend64(number.whole, width);
  return number;
}

static bool holds(arith::CmpFPredicate predicate, double a, double b) {
  // Of an ordered one the bits are equal, greater and less; the unordered ones
  // follow in the same order.
  unsigned bits = static_cast<unsigned>(predicate);
  unsigned bit = a == b ? 1 : a > b ? 2 : 4;
  bool unordered = std::isnan(a) || std::isnan(b);
  if (predicate == arith::CmpFPredicate::UNO)
    return unordered;
  if (bits > static_cast<unsigned>(arith::CmpFPredicate::ORD))
    return unordered || predicate == arith::CmpFPredicate::AlwaysTrue ||
           ((bits - static_cast<unsigned>(arith::CmpFPredicate::ORD)) & bit);
  return !unordered && (bits & bit);
}

std::optional<Number> lw::evaluate(Operation *op, ArrayRef<Number> x) {
  using Result = std::optional<Number>;
  auto real = [](double value) -> Result { return Number{value, 0}; };
  auto whole = [](int64_t value) -> Result { return Number{0, value}; };
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](arith::ConstantOp constant) -> Result {
        if (auto value = dyn_cast<FloatAttr>(constant.getValue()))
          return Number{value.getValueAsDouble(), 0};
        if (auto value = dyn_cast<IntegerAttr>(constant.getValue()))
          return Number{0, value.getValue().getSExtValue()};
        return std::nullopt;
      })
      .Case([&](arith::AddFOp) { return real(x[0].real + x[1].real); })
      .Case([&](arith::SubFOp) { return real(x[0].real - x[1].real); })
      .Case([&](arith::MulFOp) { return real(x[0].real * x[1].real); })
      .Case([&](arith::DivFOp) { return real(x[0].real / x[1].real); })
      .Case([&](arith::NegFOp) { return real(-x[0].real); })
      .Case<arith::MaximumFOp, arith::MaxNumFOp>(
          [&](auto) { return real(std::fmax(x[0].real, x[1].real)); })
      .Case<arith::MinimumFOp, arith::MinNumFOp>(
          [&](auto) { return real(std::fmin(x[0].real, x[1].real)); })
      .Case([&](arith::AddIOp) { return whole(x[0].whole + x[1].whole); })
      .Case([&](arith::SubIOp) { return whole(x[0].whole - x[1].whole); })
      .Case([&](arith::MulIOp) { return whole(x[0].whole * x[1].whole); })
      .Case([&](arith::MaxSIOp) {
        return whole(std::max(x[0].whole, x[1].whole));
      })
      .Case([&](arith::MinSIOp) {
        return whole(std::min(x[0].whole, x[1].whole));
      })
      .Case<arith::DivSIOp, arith::RemSIOp, arith::FloorDivSIOp>(
          [&](Operation *division) -> Result {
            int64_t a = x[0].whole, b = x[1].whole;
            if (b == 0 || b == -1)
              return std::nullopt;
            int64_t quotient = a / b, rest = a % b;
            if (isa<arith::RemSIOp>(division))
              return whole(rest);
            bool down = isa<arith::FloorDivSIOp>(division) && rest != 0 &&
                        (rest < 0) != (b < 0);
            return whole(quotient - down);
          })
      .Case([&](arith::AndIOp) { return whole(x[0].whole & x[1].whole); })
      .Case([&](arith::OrIOp) { return whole(x[0].whole | x[1].whole); })
      .Case([&](arith::XOrIOp) { return whole(x[0].whole ^ x[1].whole); })
      .Case([&](arith::CmpFOp compare) {
        return whole(holds(compare.getPredicate(), x[0].real, x[1].real));
      })
      .Case([&](arith::CmpIOp compare) -> Result {
        using Predicate = arith::CmpIPredicate;
        int64_t a = x[0].whole, b = x[1].whole;
        switch (compare.getPredicate()) {
        case Predicate::eq:
          return whole(a == b);
        case Predicate::ne:
          return whole(a != b);
        case Predicate::slt:
          return whole(a < b);
        case Predicate::sle:
          return whole(a <= b);
        case Predicate::sgt:
          return whole(a > b);
        case Predicate::sge:
          return whole(a >= b);
        default:
          return std::nullopt;
        }
      })
      .Case([&](arith::SelectOp) -> Result { return x[0].whole ? x[1] : x[2]; })
      .Case<arith::ExtFOp, arith::TruncFOp, arith::ExtSIOp, arith::TruncIOp,
            arith::IndexCastOp>([&](auto) -> Result { return x[0]; })
      .Case([&](arith::ExtUIOp extension) -> Result {
        if (!extension.getIn().getType().isInteger(1))
          return std::nullopt;
        return x[0];
      })
      .Case<arith::SIToFPOp>([&](auto) { return real(x[0].whole); })
      .Case([&](arith::UIToFPOp op) -> Result {
        if (!op.getIn().getType().isInteger(1))
          return std::nullopt;
        return real(x[0].whole);
      })
      .Case([&](arith::FPToSIOp) -> Result {
        if (!(std::abs(x[0].real) < 9e15))
          return std::nullopt;
        return whole(static_cast<int64_t>(x[0].real));
      })
      .Case([&](math::SqrtOp) { return real(std::sqrt(x[0].real)); })
      .Case([&](math::RsqrtOp) { return real(1 / std::sqrt(x[0].real)); })
      .Case([&](math::ExpOp) { return real(std::exp(x[0].real)); })
      .Case([&](math::LogOp) { return real(std::log(x[0].real)); })
      .Case([&](math::SinOp) { return real(std::sin(x[0].real)); })
      .Case([&](math::CosOp) { return real(std::cos(x[0].real)); })
      .Case([&](math::AbsFOp) { return real(std::abs(x[0].real)); })
      .Case([&](math::FloorOp) { return real(std::floor(x[0].real)); })
      .Case([&](math::CeilOp) { return real(std::ceil(x[0].real)); })
      .Case([&](math::TruncOp) { return real(std::trunc(x[0].real)); })
      .Case([&](math::RoundEvenOp) { return real(std::nearbyint(x[0].real)); })
      .Case([&](math::PowFOp) { return real(std::pow(x[0].real, x[1].real)); })
      .Case(
          [&](math::FPowIOp) { return real(std::pow(x[0].real, x[1].whole)); })
      .Default([](Operation *) -> Result { return std::nullopt; });
}

TypedAttr lw::toAttribute(Number number, Type type) {
  if (auto floats = dyn_cast<FloatType>(type)) {
    APFloat value(number.real);
    bool lossy;
    value.convert(floats.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                  &lossy);
    return FloatAttr::get(floats, value);
  }
  return IntegerAttr::get(type, number.whole);
}

DenseElementsAttr lw::toElements(ArrayRef<Number> numbers,
                                 RankedTensorType type) {
  Type element = type.getElementType();
  if (element.isF32()) {
    std::vector<float> values;
    for (const Number &number : numbers)
      values.push_back(number.real);
    return DenseElementsAttr::get(type, ArrayRef(values));
  }
  if (element.isInteger(64)) {
    std::vector<int64_t> values;
    for (const Number &number : numbers)
      values.push_back(number.whole);
    return DenseElementsAttr::get(type, ArrayRef(values));
  }
  std::vector<Attribute> values;
  for (const Number &number : numbers)
    values.push_back(toAttribute(number, element));
  return DenseElementsAttr::get(type, values);
}

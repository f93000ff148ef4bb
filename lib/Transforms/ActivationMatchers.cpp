//===- ActivationMatchers.cpp - Activation functions spelled in tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "ActivationMatchers.h"
#include "ConvWeights.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include <array>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lw;

bool ActivationMatch::isIsolated(Operation *root) const {
  auto usedInside = [&](Value value) {
    return llvm::all_of(value.getUsers(), [&](Operation *user) {
      return operations.contains(user);
    });
  };
  return usedInside(input) && llvm::all_of(operations, [&](Operation *op) {
           return op == root || usedInside(op->getResult(0));
         });
}

namespace {

/// An operation on a tensor and a constant with one value.
struct WithConstant {
  Operation *op;
  Value input;
  float constant;
};

/// Bounds of a tosa.clamp of floats that propagates NaN, as lw's do.
struct Clamp {
  tosa::ClampOp op;
  float low, high;
};

} // namespace

template <typename Op>
static std::optional<WithConstant> matchWithConstant(Value value) {
  auto op = value.getDefiningOp<Op>();
  if (!op)
    return std::nullopt;
  for (unsigned i : {1u, 0u})
    if (auto constant = readUniform(op->getOperand(i));
        constant && op->getOperand(1 - i).getType() == value.getType())
      return WithConstant{op, op->getOperand(1 - i), *constant};
  return std::nullopt;
}

static float toFloat(Attribute attribute) {
  return cast<FloatAttr>(attribute).getValue().convertToFloat();
}

static std::optional<Clamp> matchClamp(Value value) {
  auto op = value.getDefiningOp<tosa::ClampOp>();
  if (!op || op.getNanMode() != tosa::NanPropagationMode::PROPAGATE ||
      !isa<Float32Type>(getElementTypeOrSelf(op.getType())))
    return std::nullopt;
  return Clamp{op, toFloat(op.getMinVal()), toFloat(op.getMaxVal())};
}

static ActivationMatch makeMatch(Value input, ActivationKind kind, float alpha,
                                 float beta, ArrayRef<Operation *> operations) {
  ActivationMatch match;
  match.input = input;
  match.activation = ActivationAttr::get(input.getContext(), kind, alpha, beta);
  match.operations.insert(operations.begin(), operations.end());
  return match;
}

/// Equal up to the rounding of a constant such as 1/6.
static bool isClose(float value, float expected) {
  return std::abs(value - expected) <= 1e-6f;
}

/// clamp(x), and clamp(x * a + b, 0, 1).
static std::optional<ActivationMatch> matchClampForms(Value root) {
  std::optional<Clamp> clamp = matchClamp(root);
  if (!clamp)
    return std::nullopt;
  constexpr float largest = std::numeric_limits<float>::max();
  Value input = clamp->op.getInput();
  if (clamp->low == 0 && clamp->high == 1)
    if (auto add = matchWithConstant<tosa::AddOp>(input))
      if (auto mul = matchWithConstant<tosa::MulOp>(add->input))
        return makeMatch(mul->input, ActivationKind::HardSigmoid, mul->constant,
                         add->constant, {clamp->op, add->op, mul->op});
  if (clamp->low == 0 && clamp->high >= largest)
    return makeMatch(input, ActivationKind::Relu, 0, 0, {clamp->op});
  return makeMatch(input, ActivationKind::Clamp, clamp->low, clamp->high,
                   {clamp->op});
}

/// maximum(x, x * a) for a in [0, 1].
static std::optional<ActivationMatch> matchLeakyRelu(Value root) {
  auto maximum = root.getDefiningOp<tosa::MaximumOp>();
  if (!maximum)
    return std::nullopt;
  for (unsigned i : {0u, 1u}) {
    auto mul = matchWithConstant<tosa::MulOp>(maximum->getOperand(1 - i));
    if (mul && mul->input == maximum->getOperand(i) && mul->constant >= 0 &&
        mul->constant <= 1)
      return makeMatch(mul->input, ActivationKind::LeakyRelu, mul->constant, 0,
                       {maximum, mul->op});
  }
  return std::nullopt;
}

/// maximum(x, 0) + a * minimum(x, 0).
static std::optional<ActivationMatch> matchPRelu(Value root) {
  auto add = root.getDefiningOp<tosa::AddOp>();
  if (!add)
    return std::nullopt;
  for (unsigned i : {0u, 1u}) {
    auto positive = matchWithConstant<tosa::MaximumOp>(add->getOperand(i));
    auto scaled = matchWithConstant<tosa::MulOp>(add->getOperand(1 - i));
    if (!positive || !scaled || positive->constant != 0)
      continue;
    auto negative = matchWithConstant<tosa::MinimumOp>(scaled->input);
    if (negative && negative->constant == 0 &&
        negative->input == positive->input)
      return makeMatch(positive->input, ActivationKind::LeakyRelu,
                       scaled->constant, 0,
                       {add, positive->op, scaled->op, negative->op});
  }
  return std::nullopt;
}

/// clamp(x + 3, 0, 6), six times a hard sigmoid.
static std::optional<ActivationMatch> matchHardGate(Value value) {
  std::optional<Clamp> clamp = matchClamp(value);
  if (!clamp || clamp->low != 0 || clamp->high != 6)
    return std::nullopt;
  auto add = matchWithConstant<tosa::AddOp>(clamp->op.getInput());
  if (!add || add->constant != 3)
    return std::nullopt;
  return makeMatch(add->input, ActivationKind::HardSigmoid, 1.0f / 6, 0.5f,
                   {clamp->op, add->op});
}

/// The two spellings of the gate of a hard swish: clamp(x / 6 + 0.5, 0, 1) and
/// clamp(x + 3, 0, 6) / 6.
static std::optional<ActivationMatch> matchHardSigmoid(Value value) {
  if (auto scaled = matchWithConstant<tosa::MulOp>(value);
      scaled && isClose(scaled->constant, 1.0f / 6)) {
    std::optional<ActivationMatch> match = matchHardGate(scaled->input);
    if (match)
      match->operations.insert(scaled->op);
    return match;
  }
  std::optional<ActivationMatch> match = matchClampForms(value);
  if (!match || match->activation.getKind() != ActivationKind::HardSigmoid ||
      !isClose(match->activation.getAlphaValue(), 1.0f / 6) ||
      !isClose(match->activation.getBetaValue(), 0.5f))
    return std::nullopt;
  return match;
}

/// x * sigmoid(x), x * clamp(x / 6 + 0.5, 0, 1), x * (clamp(x + 3, 0, 6) / 6)
/// and (x * clamp(x + 3, 0, 6)) / 6.
static std::optional<ActivationMatch> matchGated(Value root) {
  auto mul = root.getDefiningOp<tosa::MulOp>();
  if (!mul)
    return std::nullopt;
  auto hardSwish = [&](const ActivationMatch &gate,
                       ArrayRef<Operation *> products) {
    ActivationMatch match =
        makeMatch(gate.input, ActivationKind::HardSwish, 0, 0, products);
    match.operations.insert(gate.operations.begin(), gate.operations.end());
    return match;
  };
  for (unsigned i : {0u, 1u}) {
    Value input = mul->getOperand(i), gate = mul->getOperand(1 - i);
    if (auto sigmoid = gate.getDefiningOp<tosa::SigmoidOp>();
        sigmoid && sigmoid.getInput() == input)
      return makeMatch(input, ActivationKind::Silu, 0, 0, {mul, sigmoid});
    if (auto hard = matchHardSigmoid(gate); hard && hard->input == input)
      return hardSwish(*hard, {mul});
  }
  auto sixth = matchWithConstant<tosa::MulOp>(root);
  auto product =
      sixth ? sixth->input.getDefiningOp<tosa::MulOp>() : tosa::MulOp();
  if (!product || !isClose(sixth->constant, 1.0f / 6))
    return std::nullopt;
  for (unsigned i : {0u, 1u})
    if (auto gate = matchHardGate(product->getOperand(1 - i));
        gate && gate->input == product->getOperand(i))
      return hardSwish(*gate, {mul, product});
  return std::nullopt;
}

/// A polynomial by its coefficients, the constant one first.
using Cubic = std::array<double, 4>;

static std::optional<Cubic> multiply(const Cubic &a, const Cubic &b) {
  Cubic product = {};
  for (auto [i, x] : llvm::enumerate(a))
    for (auto [j, y] : llvm::enumerate(b)) {
      if (x * y == 0)
        continue;
      if (i + j >= product.size())
        return std::nullopt;
      product[i + j] += x * y;
    }
  return product;
}

/// `value` as a polynomial of `x`, written in whatever order; its
/// operations join those of `match`.
static std::optional<Cubic> readCubic(Value value, Value x,
                                      ActivationMatch &match, int depth = 6) {
  if (value == x)
    return Cubic{0, 1, 0, 0};
  if (std::optional<float> constant = readUniform(value))
    return Cubic{*constant, 0, 0, 0};
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<tosa::AddOp, tosa::MulOp, tosa::PowOp>(op) ||
      value.getType() != x.getType() || depth == 0)
    return std::nullopt;
  match.operations.insert(op);
  std::optional<Cubic> a = readCubic(op->getOperand(0), x, match, depth - 1);
  std::optional<Cubic> b =
      a ? readCubic(op->getOperand(1), x, match, depth - 1) : std::nullopt;
  if (!b)
    return std::nullopt;
  if (isa<tosa::MulOp>(op))
    return multiply(*a, *b);
  if (isa<tosa::AddOp>(op)) {
    for (auto [sum, term] : llvm::zip(*a, *b))
      sum += term;
    return a;
  }
  if (*b != Cubic{2, 0, 0, 0} && *b != Cubic{3, 0, 0, 0})
    return std::nullopt;
  std::optional<Cubic> power = multiply(*a, *a);
  return power && b->front() == 3 ? multiply(*power, *a) : power;
}

/// The factors of a product that are no constants, up to `most` of them; the
/// product of the constants goes to `scale`.
static void readFactors(Value value, SmallVectorImpl<Value> &factors,
                        double &scale, ActivationMatch &match,
                        size_t most = 2) {
  auto mul = value.getDefiningOp<tosa::MulOp>();
  if (!mul || factors.size() > most) {
    factors.push_back(value);
    return;
  }
  match.operations.insert(mul);
  for (Value operand : {mul.getInput1(), mul.getInput2()}) {
    if (std::optional<float> constant = readUniform(operand))
      scale *= *constant;
    else
      readFactors(operand, factors, scale, match, most);
  }
}

/// x / 2 * (1 + f(p(x))), factors and terms in any order, for f the error
/// function or a hyperbolic tangent.
static std::optional<ActivationMatch> matchGelu(Value root) {
  ActivationMatch match;
  SmallVector<Value, 4> factors;
  double scale = 1;
  readFactors(root, factors, scale, match);
  if (factors.size() != 2)
    return std::nullopt;
  for (unsigned i : {0u, 1u}) {
    auto sum = matchWithConstant<tosa::AddOp>(factors[1 - i]);
    if (!sum || sum->input.getType() != factors[i].getType())
      continue;
    auto scaled = matchWithConstant<tosa::MulOp>(sum->input);
    double slope = scaled ? scaled->constant : 1;
    Operation *function = (scaled ? scaled->input : sum->input).getDefiningOp();
    if (!isa_and_nonnull<tosa::ErfOp, tosa::TanhOp>(function) ||
        !isClose(scale * slope, 0.5f) || !isClose(scale * sum->constant, 0.5f))
      continue;
    match.input = factors[i];
    match.operations.insert({sum->op, function});
    if (scaled)
      match.operations.insert(scaled->op);
    std::optional<Cubic> p =
        readCubic(function->getOperand(0), match.input, match);
    bool isExact = isa<tosa::ErfOp>(function);
    // The roots of 1 / 2 and of 2 / pi.
    constexpr double kHalf = 0.70710678118654752, kTanh = 0.79788456080286536;
    if (!p || (*p)[0] != 0 || (*p)[2] != 0 ||
        !isClose((*p)[1], isExact ? kHalf : kTanh) ||
        !isClose((*p)[3], isExact ? 0 : 0.044715 * kTanh))
      return std::nullopt;
    match.activation = ActivationAttr::get(root.getContext(),
                                           isExact ? ActivationKind::Gelu
                                                   : ActivationKind::GeluTanh);
    return match;
  }
  return std::nullopt;
}

std::optional<ActivationMatch> lw::matchActivation(Operation *root) {
  if (root->getNumResults() != 1)
    return std::nullopt;
  Value result = root->getResult(0);
  if (isa<tosa::ClampOp>(root))
    return matchClampForms(result);
  if (isa<tosa::MaximumOp>(root))
    return matchLeakyRelu(result);
  if (isa<tosa::AddOp>(root))
    return matchPRelu(result);
  if (isa<tosa::MulOp>(root)) {
    std::optional<ActivationMatch> match = matchGated(result);
    return match ? match : matchGelu(result);
  }
  if (isa<tosa::SigmoidOp>(root))
    return makeMatch(root->getOperand(0), ActivationKind::Sigmoid, 0, 0,
                     {root});
  if (isa<tosa::TanhOp>(root))
    return makeMatch(root->getOperand(0), ActivationKind::Tanh, 0, 0, {root});
  return std::nullopt;
}

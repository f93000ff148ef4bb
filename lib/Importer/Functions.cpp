//===- Functions.cpp - Functions of one number
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

// Arithmetic of tosa, and the math dialect where tosa lacks a function. Kernels
// compute a chain of them in registers.

#include "Composition.h"
#include "Families.h"
#include "Fold.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

/// The operand in whatever order it is, and short names for arithmetic.
class Expression {
public:
  explicit Expression(Node &node)
      : node(node), build(node.build),
        layout(
            GraphBuilder::commonLayout(node.inputs[0], node.inputs[0]->rank())),
        x(node.build.get(node.inputs[0], layout)) {}

  Value number(float value) { return build.number(layout.size(), value); }
  Value add(Value a, Value b) { return build.binary<tosa::AddOp>(a, b); }
  Value add(Value a, float b) { return add(a, number(b)); }
  Value sub(Value a, Value b) { return build.binary<tosa::SubOp>(a, b); }
  Value mul(Value a, Value b) { return build.mul(a, b); }
  Value mul(Value a, float b) { return mul(a, number(b)); }
  Value maximum(Value a, float b) {
    return build.binary<tosa::MaximumOp>(a, number(b));
  }
  Value minimum(Value a, float b) {
    return build.binary<tosa::MinimumOp>(a, number(b));
  }
  template <typename Op> Value apply(Value a) { return build.unary<Op>(a); }
  /// a > b ? then : otherwise.
  Value selectGreater(Value a, Value b, Value then, Value otherwise) {
    auto type = RankedTensorType::get(GraphBuilder::shapeOf(x),
                                      build.builder.getI1Type());
    Value condition =
        tosa::GreaterOp::create(build.builder, build.loc, type, a, b);
    return tosa::SelectOp::create(build.builder, build.loc, x.getType(),
                                  condition, then, otherwise);
  }
  LogicalResult finish(Value result) { return node.finish(result, layout); }

private:
  Node &node;
  GraphBuilder &build;
  Permutation layout;

public:
  const Value x;
};

} // namespace

/// x / 2 * (1 + erf(x / sqrt(2))), or with tanh in place of erf.
static LogicalResult importGelu(Node &node) {
  Expression e(node);
  std::string approximate = node.stringAttr("approximate", "none");
  Value inner;
  if (approximate == "tanh") {
    Value square = e.mul(e.x, e.x);
    Value factor = e.add(e.mul(square, 0.044715f * 0.7978845608f),
                         0.7978845608f); // sqrt(2 / pi)
    inner = e.apply<tosa::TanhOp>(e.mul(e.x, factor));
  } else if (approximate == "none") {
    inner = e.apply<tosa::ErfOp>(e.mul(e.x, 0.70710678118f));
  } else {
    return node.error("expects attribute 'approximate' to be none or tanh, "
                      "found '" +
                      approximate + "'");
  }
  return e.finish(e.mul(e.mul(e.x, 0.5f), e.add(inner, 1.0f)));
}

/// x * tanh(log(1 + exp(x))): with n = exp(x) * (exp(x) + 2) the hyperbolic
/// tangent is n / (n + 2), which is 1 from where exp could overflow.
static LogicalResult importMish(Node &node) {
  Expression e(node);
  Value power = e.apply<tosa::ExpOp>(e.minimum(e.x, 20.0f));
  Value n = e.mul(power, e.add(power, 2.0f));
  Value reciprocal = e.apply<tosa::ReciprocalOp>(e.add(n, 2.0f));
  return e.finish(e.mul(e.x, e.mul(n, reciprocal)));
}

/// max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0).
static LogicalResult importCelu(Node &node) {
  float alpha = node.floatAttr("alpha", 1.0f);
  if (alpha == 0.0f || !std::isfinite(alpha))
    return node.error("expects attribute 'alpha' to be a number other than 0");
  Expression e(node);
  Value power = e.apply<tosa::ExpOp>(e.mul(e.x, 1.0f / alpha));
  Value below = e.minimum(e.mul(e.add(power, -1.0f), alpha), 0.0f);
  return e.finish(e.add(e.maximum(e.x, 0.0f), below));
}

static LogicalResult importThresholdedRelu(Node &node) {
  Expression e(node);
  return e.finish(e.selectGreater(e.x, e.number(node.floatAttr("alpha", 1.0f)),
                                  e.x, e.number(0.0f)));
}

/// What lies within `lambd` becomes 0, the rest moves towards it.
static LogicalResult importShrink(Node &node) {
  float bias = node.floatAttr("bias", 0.0f);
  float lambd = node.floatAttr("lambd", 0.5f);
  Expression e(node);
  Value high =
      e.selectGreater(e.x, e.number(lambd), e.add(e.x, -bias), e.number(0.0f));
  return e.finish(
      e.selectGreater(e.number(-lambd), e.x, e.add(e.x, bias), high));
}

static LogicalResult importSoftsign(Node &node) {
  Expression e(node);
  Value magnitude = e.add(e.apply<tosa::AbsOp>(e.x), 1.0f);
  return e.finish(e.mul(e.x, e.apply<tosa::ReciprocalOp>(magnitude)));
}

static LogicalResult importSwish(Node &node) {
  Expression e(node);
  float alpha = node.floatAttr("alpha", 1.0f);
  Value scaled = alpha == 1.0f ? e.x : e.mul(e.x, alpha);
  return e.finish(e.mul(e.x, e.apply<tosa::SigmoidOp>(scaled)));
}

/// A function of the math dialect or of tosa; of a constant its values.
template <typename Op, float (*evaluate)(float)>
static LogicalResult importFunction(Node &node) {
  const TensorRef &x = node.inputs[0];
  if (x->constant && x->constant->isFloat)
    return node.finish(
        GraphBuilder::fromConstant(foldUnary(*x->constant, evaluate, nullptr)));
  Expression e(node);
  return e.finish(e.apply<Op>(e.x));
}

static LogicalResult importSwiGlu(Node &node) {
  Composition c(node);
  TensorRef gate = c.op("Swish", node.inputs[0],
                        c.attribute("alpha", node.floatAttr("alpha", 1.0f)));
  return c.finish(c.mul(gate, node.inputs[1]));
}

ArrayRef<OpEntry> mlir::lw::importer::functionOps() {
  static const OpEntry entries[] = {
      {"Acos", 7, 1, importFunction<math::AcosOp, std::acos>, "`math.acos`"},
      {"Acosh", 9, 1, importFunction<math::AcoshOp, std::acosh>,
       "`math.acosh`"},
      {"Asin", 7, 1, importFunction<math::AsinOp, std::asin>, "`math.asin`"},
      {"Asinh", 9, 1, importFunction<math::AsinhOp, std::asinh>,
       "`math.asinh`"},
      {"Atan", 7, 1, importFunction<math::AtanOp, std::atan>, "`math.atan`"},
      {"Atanh", 9, 1, importFunction<math::AtanhOp, std::atanh>,
       "`math.atanh`"},
      {"Celu", 12, 1, importCelu, "exp and arithmetic"},
      {"Cos", 7, 1, importFunction<tosa::CosOp, std::cos>, "`tosa.cos`"},
      {"Cosh", 9, 1, importFunction<math::CoshOp, std::cosh>, "`math.cosh`"},
      {"Gelu", 20, 1, importGelu, "erf or tanh and arithmetic"},
      {"Mish", 18, 1, importMish, "exp and arithmetic"},
      {"Round", 11, 1, importFunction<math::RoundEvenOp, std::nearbyint>,
       "`math.roundeven`"},
      {"Shrink", 9, 1, importShrink, "`tosa.greater` and `tosa.select`"},
      {"Sin", 7, 1, importFunction<tosa::SinOp, std::sin>, "`tosa.sin`"},
      {"Sinh", 9, 1, importFunction<math::SinhOp, std::sinh>, "`math.sinh`"},
      {"Softsign", 1, 1, importSoftsign, "reciprocal and arithmetic"},
      {"SwiGLU", 28, 2, importSwiGlu, "Swish and Mul"},
      {"Swish", 24, 1, importSwish, "x * `tosa.sigmoid`(alpha * x)"},
      {"Tan", 7, 1, importFunction<math::TanOp, std::tan>, "`math.tan`"},
      {"ThresholdedRelu", 10, 1, importThresholdedRelu,
       "`tosa.greater` and `tosa.select`"},
  };
  return entries;
}

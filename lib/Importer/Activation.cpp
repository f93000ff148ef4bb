//===- Activation.cpp - Activation functions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

// These are the forms that the fusion of epilogues recognizes.

#include "Fold.h"
#include "IntegerArithmetic.h"
#include "OpTable.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

/// The operand of an element-wise operation in whatever layout it has.
struct Operand {
  Permutation layout;
  Value value;
  int64_t rank;

  explicit Operand(Node &node)
      : layout(
            GraphBuilder::commonLayout(node.inputs[0], node.inputs[0]->rank())),
        value(node.build.get(node.inputs[0], layout)),
        rank(node.inputs[0]->rank()) {}
};

} // namespace

static LogicalResult importRelu(Node &node) {
  if (const ConstantRef &known = node.inputs[0]->constant)
    return node.finish(GraphBuilder::fromConstant(foldUnary(
        *known, [](float x) { return std::max(x, 0.0f); },
        [](int64_t x) { return std::max<int64_t>(x, 0); })));
  if (elementOf(node.inputs[0]) != Element::Float) {
    Numbers x;
    if (failed(x.collect(node, node.inputs[0])))
      return failure();
    return x.finish(node,
                    node.build.binary<tosa::MaximumOp>(
                        x.values[0], splatLike(node.build, x.values[0], 0)));
  }
  Operand x(node);
  return node.finish(
      node.build.clamp(x.value, 0.0f, std::numeric_limits<float>::infinity()),
      x.layout);
}

/// Of integers, or with bounds that are computed: min is applied first.
static LogicalResult importComputedClip(Node &node) {
  SmallVector<TensorRef> present;
  for (const TensorRef &input : node.inputs)
    if (input)
      present.push_back(input);
  for (const TensorRef &bound : llvm::drop_begin(present))
    if (countElements(bound->shape) != 1)
      return node.error("expects bounds of one number, found shape " +
                        formatShape(bound->shape));
  Numbers operands;
  if (failed(operands.collect(node, present)))
    return failure();
  GraphBuilder &build = node.build;
  Value result = operands.values[0];
  size_t next = 1;
  if (node.input(1))
    result = build.binary<tosa::MaximumOp>(result, operands.values[next++]);
  if (node.input(2))
    result = build.binary<tosa::MinimumOp>(result, operands.values[next]);
  return operands.finish(node, result);
}

/// Of numbers that are known, as exporters compute pads by it.
static LogicalResult foldClip(Node &node, const Constant &x) {
  ConstantRef low, high;
  if (node.opset < 11) {
    constexpr float kLargest = std::numeric_limits<float>::max();
    low = makeFloats({}, {node.floatAttr("min", -kLargest)});
    high = makeFloats({}, {node.floatAttr("max", kLargest)});
  } else {
    low = node.input(1) ? node.input(1)->constant : nullptr;
    high = node.input(2) ? node.input(2)->constant : nullptr;
  }
  for (const ConstantRef &bound : {low, high})
    if (bound && (bound->size() != 1 || bound->isFloat != x.isFloat))
      return node.error("expects bounds of one number of the input's type, "
                        "found shape " +
                        formatShape(bound->shape));
  auto clip = [](auto value, const auto *min, const auto *max) {
    if (min)
      value = std::max(value, *min);
    return max ? std::min(value, *max) : value;
  };
  return node.finish(GraphBuilder::fromConstant(foldUnary(
      x,
      [&](float value) {
        return clip(value, low ? low->floats.data() : nullptr,
                    high ? high->floats.data() : nullptr);
      },
      [&](int64_t value) {
        return clip(value, low ? low->ints.data() : nullptr,
                    high ? high->ints.data() : nullptr);
      })));
}

/// Attributes before opset 11, inputs from then on. A bound that is left out is
/// none, and one of the largest float, which exporters write for it, is too:
/// infinity goes through.
static LogicalResult importClip(Node &node) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  float limits[2] = {-kLargest, kLargest};
  auto isComputed = [&](size_t i) {
    return node.input(i) && !node.input(i)->constant;
  };
  if (const ConstantRef &known = node.inputs[0]->constant;
      known && (node.opset < 11 || (!isComputed(1) && !isComputed(2))))
    return foldClip(node, *known);
  if (node.opset >= 11 && (isComputed(1) || isComputed(2) ||
                           elementOf(node.inputs[0]) != Element::Float))
    return importComputedClip(node);
  if (node.opset < 11) {
    limits[0] = node.floatAttr("min", limits[0]);
    limits[1] = node.floatAttr("max", limits[1]);
  }
  for (int i = 0; i < 2 && node.opset >= 11; ++i) {
    if (!node.input(i + 1))
      continue;
    StringRef what = i == 0 ? "min" : "max";
    FailureOr<std::vector<float>> value = node.constantFloats(i + 1, what);
    if (failed(value))
      return failure();
    if (value->size() != 1)
      return node.error("expects '" + what +
                        "' to be one number, found shape " +
                        formatShape(node.shape(i + 1)));
    limits[i] = value->front();
    if (std::isnan(limits[i]))
      return node.error("expects '" + what + "' to be a number, found NaN");
  }
  // ONNX applies max last.
  limits[0] = std::min(limits[0], limits[1]);
  for (float &limit : limits)
    if (std::abs(limit) >= kLargest)
      limit = std::copysign(std::numeric_limits<float>::infinity(), limit);
  Operand x(node);
  return node.finish(node.build.clamp(x.value, limits[0], limits[1]), x.layout);
}

static LogicalResult importLeakyRelu(Node &node) {
  Operand x(node);
  GraphBuilder &build = node.build;
  float alpha = node.floatAttr("alpha", 0.01f);
  Value slope = build.number(x.rank, alpha);
  // Zero times infinity would be NaN.
  if (alpha > 0.0f && alpha <= 1.0f)
    return node.finish(
        build.binary<tosa::MaximumOp>(x.value, build.mul(x.value, slope)),
        x.layout);
  // Other slopes change the order of x and alpha * x.
  Value zero = build.number(x.rank, 0.0f);
  Value positive = build.binary<tosa::MaximumOp>(x.value, zero);
  Value negative = build.binary<tosa::MinimumOp>(x.value, zero);
  return node.finish(
      build.binary<tosa::AddOp>(positive, build.mul(negative, slope)),
      x.layout);
}

/// The slope broadcasts in one direction, to the shape of the input.
static LogicalResult importPRelu(Node &node) {
  Broadcast operands;
  if (failed(operands.collect(node, node.inputs)))
    return failure();
  if (operands.shape != node.inputs[0]->shape)
    return node.error("expects a slope that broadcasts to the input " +
                      formatShape(node.shape(0)) + ", found shape " +
                      formatShape(node.shape(1)));
  GraphBuilder &build = node.build;
  Value x = operands.values[0], slope = operands.values[1];
  Value zero = build.number(operands.shape.size(), 0.0f);
  Value positive = build.binary<tosa::MaximumOp>(x, zero);
  Value negative = build.binary<tosa::MinimumOp>(x, zero);
  return node.finish(
      build.binary<tosa::AddOp>(positive, build.mul(slope, negative)),
      operands.layout);
}

static Value emitHardSigmoid(GraphBuilder &build, const Operand &x, float alpha,
                             float beta) {
  Value scaled = build.mul(x.value, build.number(x.rank, alpha));
  Value moved = build.binary<tosa::AddOp>(scaled, build.number(x.rank, beta));
  return build.clamp(moved, 0.0f, 1.0f);
}

static LogicalResult importHardSigmoid(Node &node) {
  Operand x(node);
  return node.finish(emitHardSigmoid(node.build, x,
                                     node.floatAttr("alpha", 0.2f),
                                     node.floatAttr("beta", 0.5f)),
                     x.layout);
}

static LogicalResult importHardSwish(Node &node) {
  Operand x(node);
  Value gate = emitHardSigmoid(node.build, x, 1.0f / 6.0f, 0.5f);
  return node.finish(node.build.mul(x.value, gate), x.layout);
}

template <typename Op> static LogicalResult importUnary(Node &node) {
  Operand x(node);
  return node.finish(node.build.unary<Op>(x.value), x.layout);
}

/// log(1 + exp(x)) as max(x, 0) + log(1 + exp(-|x|)), which does not overflow.
static LogicalResult importSoftplus(Node &node) {
  Operand x(node);
  GraphBuilder &build = node.build;
  Value magnitude = build.unary<tosa::AbsOp>(x.value);
  Value small = build.unary<tosa::ExpOp>(build.negate(magnitude));
  Value log = build.unary<tosa::LogOp>(
      build.binary<tosa::AddOp>(small, build.number(x.rank, 1.0f)));
  Value positive =
      build.binary<tosa::MaximumOp>(x.value, build.number(x.rank, 0.0f));
  return node.finish(build.binary<tosa::AddOp>(positive, log), x.layout);
}

/// x >= 0 ? gamma * x : gamma * alpha * (exp(x) - 1).
static LogicalResult emitElu(Node &node, float alpha, float gamma) {
  Operand x(node);
  GraphBuilder &build = node.build;
  Value zero = build.number(x.rank, 0.0f);
  Value positive = build.binary<tosa::MaximumOp>(x.value, zero);
  Value negative = build.binary<tosa::SubOp>(
      build.unary<tosa::ExpOp>(build.binary<tosa::MinimumOp>(x.value, zero)),
      build.number(x.rank, 1.0f));
  Value sum = build.binary<tosa::AddOp>(
      positive, build.mul(negative, build.number(x.rank, alpha)));
  if (gamma != 1.0f)
    sum = build.mul(sum, build.number(x.rank, gamma));
  return node.finish(sum, x.layout);
}

static LogicalResult importElu(Node &node) {
  return emitElu(node, node.floatAttr("alpha", 1.0f), 1.0f);
}

static LogicalResult importSelu(Node &node) {
  return emitElu(node, node.floatAttr("alpha", 1.67326319217681884765625f),
                 node.floatAttr("gamma", 1.05070102214813232421875f));
}

ArrayRef<OpEntry> mlir::lw::importer::activationOps() {
  static const OpEntry entries[] = {
      {"Clip", 6, 1, importClip, "`tosa.clamp`; min and max are attributes"},
      {"Clip", 11, 1, importClip,
       "`tosa.clamp`, or `tosa.maximum` and `tosa.minimum` where bounds are "
       "computed and of integers",
       Integers::Own},
      {"Elu", 6, 1, importElu, "exp and arithmetic"},
      {"Erf", 9, 1, importUnary<tosa::ErfOp>, "`tosa.erf`"},
      {"HardSigmoid", 6, 1, importHardSigmoid, "clamp(alpha * x + beta, 0, 1)"},
      {"HardSwish", 14, 1, importHardSwish, "x * clamp(x / 6 + 0.5, 0, 1)"},
      {"LeakyRelu", 6, 1, importLeakyRelu, "maximum(x, alpha * x)"},
      {"PRelu", 7, 2, importPRelu, "max(x, 0) + slope * min(x, 0)"},
      {"Relu", 6, 1, importRelu, "`tosa.clamp`", Integers::Moved},
      {"Selu", 6, 1, importSelu, "exp and arithmetic"},
      {"Sigmoid", 6, 1, importUnary<tosa::SigmoidOp>, "`tosa.sigmoid`"},
      {"Softplus", 1, 1, importSoftplus, "exp, log and arithmetic"},
      {"Tanh", 6, 1, importUnary<tosa::TanhOp>, "`tosa.tanh`"},
  };
  return entries;
}

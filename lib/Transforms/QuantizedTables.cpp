//===- QuantizedTables.cpp - Functions of one quantized tensor as tables
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "QuantizedTables.h"
#include "ConvWeights.h"
#include "lw/Dialect/IR/Quantization.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;

DenseElementsAttr lw::tabulate(QuantAttr input,
                               llvm::function_ref<int64_t(int64_t)> function) {
  SmallVector<int8_t> bytes;
  for (int64_t byte = 0; byte < 256; ++byte)
    bytes.push_back(static_cast<int8_t>(
        function(input.getIsUnsigned() || byte < 128 ? byte : byte - 256)));
  auto type = RankedTensorType::get(
      {256}, IntegerType::get(input.getContext(), /*width=*/8));
  return DenseElementsAttr::get(type, ArrayRef<int8_t>(bytes));
}

bool lw::changesSignOnly(QuantAttr from, QuantAttr to) {
  return from != to && from.withUnsigned(to.getIsUnsigned()) == to;
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

/// One element-wise operation of tosa; std::nullopt for others. Results are
/// rounded to f32 by the caller.
static std::optional<double> evaluate(Operation *op, ArrayRef<double> x) {
  return llvm::TypeSwitch<Operation *, std::optional<double>>(op)
      .Case([&](tosa::AddOp) { return x[0] + x[1]; })
      .Case([&](tosa::SubOp) { return x[0] - x[1]; })
      .Case([&](tosa::MulOp) { return x[0] * x[1]; })
      .Case([&](tosa::MaximumOp) { return std::fmax(x[0], x[1]); })
      .Case([&](tosa::MinimumOp) { return std::fmin(x[0], x[1]); })
      .Case([&](tosa::PowOp) { return std::pow(x[0], x[1]); })
      .Case([&](tosa::AbsOp) { return std::abs(x[0]); })
      .Case([&](tosa::NegateOp) { return -x[0]; })
      .Case([&](tosa::ExpOp) { return std::exp(x[0]); })
      .Case([&](tosa::LogOp) { return std::log(x[0]); })
      .Case([&](tosa::ErfOp) { return std::erf(x[0]); })
      .Case([&](tosa::TanhOp) { return std::tanh(x[0]); })
      .Case([&](tosa::SigmoidOp) { return 1.0 / (1.0 + std::exp(-x[0])); })
      .Case([&](tosa::ReciprocalOp) { return 1.0 / x[0]; })
      .Case([&](tosa::RsqrtOp) { return 1.0 / std::sqrt(x[0]); })
      .Case([&](tosa::FloorOp) { return std::floor(x[0]); })
      .Case([&](tosa::CeilOp) { return std::ceil(x[0]); })
      .Case([&](tosa::ClampOp clamp) -> std::optional<double> {
        auto least = dyn_cast<FloatAttr>(clamp.getMinValAttr());
        auto greatest = dyn_cast<FloatAttr>(clamp.getMaxValAttr());
        if (!least || !greatest)
          return std::nullopt;
        return std::fmin(std::fmax(x[0], least.getValueAsDouble()),
                         greatest.getValueAsDouble());
      })
      .Default(std::optional<double>());
}

namespace {

/// A function of one quantized tensor: element-wise operations on it and on
/// constants of one number.
class Function {
public:
  /// Longer ones are no activation functions.
  static constexpr size_t kMaxOperations = 32;

  static std::optional<Function> create(Value result) {
    Function function;
    if (!function.collect(result) || !function.source ||
        function.operations.empty())
      return std::nullopt;
    return function;
  }

  Value getInput() { return source.getInput(); }
  QuantAttr getQuantization() { return source.getQuantization(); }

  /// The result for integer `x`, std::nullopt where an operation is unknown.
  std::optional<float> operator()(int64_t x) {
    QuantAttr quantization = getQuantization();
    llvm::DenseMap<Value, double> values;
    float real = static_cast<float>(x - quantization.getZeroPoint()) *
                 quantization.getScaleValue();
    auto find = [&](Value value) {
      if (auto constant = constants.find(value); constant != constants.end())
        return constant->second;
      auto known = values.find(value);
      return known == values.end() ? static_cast<double>(real) : known->second;
    };
    float last = real;
    for (Operation *op : operations) {
      SmallVector<double, 2> operands;
      for (Value operand : op->getOperands())
        operands.push_back(find(operand));
      std::optional<double> result = evaluate(op, operands);
      if (!result)
        return std::nullopt;
      last = static_cast<float>(*result);
      values[op->getResult(0)] = last;
    }
    return last;
  }

private:
  /// Appends what `value` needs and its operation, operands first.
  bool collect(Value value) {
    if (constants.count(value) || llvm::is_contained(results, value))
      return true;
    if (std::optional<float> number = readUniform(value)) {
      constants[value] = *number;
      return true;
    }
    Operation *op = value.getDefiningOp();
    if (!op)
      return false;
    if (auto dequantize = dyn_cast<DequantizeOp>(op)) {
      if (source && (source.getInput() != dequantize.getInput() ||
                     source.getQuantization() != dequantize.getQuantization()))
        return false;
      source = dequantize;
      return true;
    }
    // Operands that evaluation does not read are zero points and shifts.
    SmallVector<double, 3> probe(op->getNumOperands(), 1.0);
    if (op->getNumResults() != 1 || op->getNumOperands() == 0 ||
        operations.size() >= kMaxOperations || !evaluate(op, probe))
      return false;
    for (Value operand : op->getOperands()) {
      if (getElementTypeOrSelf(operand).isInteger(8)) {
        constants[operand] = 0;
        continue;
      }
      if (!collect(operand))
        return false;
      if (!constants.count(operand) && operand.getType() != value.getType())
        return false;
    }
    operations.push_back(op);
    results.push_back(value);
    return true;
  }

  DequantizeOp source;
  SmallVector<Operation *> operations;
  SmallVector<Value> results;
  llvm::DenseMap<Value, double> constants;
};

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

/// quantize(f(dequantize(x))).
struct TabulateFunction : OpRewritePattern<QuantizeOp> {
  TabulateFunction(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context, /*benefit=*/3), count(count) {}
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Function> function = Function::create(op.getInput());
    if (!function || function->getInput().getType() != op.getType())
      return failure();
    bool known = true;
    DenseElementsAttr table =
        tabulate(function->getQuantization(), [&](int64_t x) -> int64_t {
          std::optional<float> y = (*function)(x);
          known &= y.has_value();
          return y ? op.getQuantization().quantize(*y) : 0;
        });
    if (!known)
      return failure();
    rewriter.replaceOpWithNewOp<LookupOp>(op, op.getType(),
                                          function->getInput(), table);
    ++count;
    return success();
  }
  RewriteCount count;
};

} // namespace

/// The table of an operation that is one, or could be.
static DenseElementsAttr tableOf(Operation *op) {
  if (auto lookup = dyn_cast_or_null<LookupOp>(op))
    return lookup.getTable();
  auto requantize = dyn_cast_or_null<RequantizeOp>(op);
  if (!requantize)
    return {};
  QuantAttr from = requantize.getFrom(), to = requantize.getTo();
  float multiplier = scaleRatio(from.getScaleValue(), to.getScaleValue());
  return tabulate(from, [&](int64_t x) {
    float difference = static_cast<float>(x - from.getZeroPoint());
    return to.saturate(std::nearbyint(difference * multiplier));
  });
}

namespace {

/// Two tables, one after the other, are one.
template <typename Op> struct ComposeTables : OpRewritePattern<Op> {
  ComposeTables(MLIRContext *context, RewriteCount count)
      : OpRewritePattern<Op>(context), count(count) {}
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Operation *before = op.getInput().getDefiningOp();
    bool isTable = isa_and_nonnull<LookupOp>(before) ||
                   (isa_and_nonnull<RequantizeOp>(before) &&
                    isa<LookupOp>(op.getOperation()));
    if (!isTable || !before->hasOneUse())
      return failure();
    auto first = tableOf(before).template getValues<int8_t>();
    auto second = tableOf(op).template getValues<int8_t>();
    SmallVector<int8_t> bytes;
    for (int64_t x = 0; x < 256; ++x)
      bytes.push_back(second[static_cast<uint8_t>(first[x])]);
    auto table =
        DenseElementsAttr::get(tableOf(op).getType(), ArrayRef<int8_t>(bytes));
    rewriter.replaceOpWithNewOp<LookupOp>(op, op.getType(),
                                          before->getOperand(0), table);
    ++count;
    return success();
  }
  RewriteCount count;
};

/// quantize(clamp(x)) is a clamp of bytes, as both keep the order of numbers;
/// nothing where all bytes are within its bounds.
struct ClampBytes : OpRewritePattern<QuantizeOp> {
  ClampBytes(MLIRContext *context, RewriteCount count)
      : OpRewritePattern(context), count(count) {}
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto clamp = op.getInput().getDefiningOp<tosa::ClampOp>();
    if (!clamp || !clamp->hasOneUse())
      return failure();
    Operation *producer = clamp.getInput().getDefiningOp();
    auto least = dyn_cast<FloatAttr>(clamp.getMinValAttr());
    auto greatest = dyn_cast<FloatAttr>(clamp.getMaxValAttr());
    bool helps =
        isa_and_nonnull<tosa::AddOp, tosa::SubOp, tosa::MulOp, tosa::ConcatOp>(
            producer);
    if (!least || !greatest || !helps || !producer->hasOneUse())
      return failure();
    QuantAttr quantization = op.getQuantization();
    int64_t low = quantization.quantize(least.getValue().convertToFloat());
    int64_t high = quantization.quantize(greatest.getValue().convertToFloat());
    Value bytes = QuantizeOp::create(rewriter, op.getLoc(), clamp.getInput(),
                                     quantization);
    if (low > quantization.least() || high < quantization.greatest())
      bytes = LookupOp::create(rewriter, op.getLoc(), bytes.getType(), bytes,
                               tabulate(quantization, [&](int64_t x) {
                                 return std::clamp(x, low, high);
                               }));
    rewriter.replaceOp(op, bytes);
    ++count;
    return success();
  }
  RewriteCount count;
};

} // namespace

void lw::populateTabulatePatterns(RewritePatternSet &patterns,
                                  RewriteCount fused) {
  patterns.add<TabulateFunction, ComposeTables<LookupOp>,
               ComposeTables<RequantizeOp>, ClampBytes>(patterns.getContext(),
                                                        fused);
}

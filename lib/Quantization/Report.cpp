//===- Report.cpp - Options and outcome of quantization in words and numbers
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Quantization/Quantization.h"
#include "lw/Support/Table.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
using llvm::formatv;

llvm::Expected<QuantizationOptions>
lw::parseQuantizationOptions(StringRef text) {
  auto wrong = [&](const Twine &why) {
    return createStringError(
        "'" + text + "': " + why +
        "; expected int8, and after it method=error, minmax, percentile or "
        "entropy, percentile=99.99, weights=channel or tensor, "
        "fit=weights, bias or none, sums=16 or 32 bits, equalize=yes or no, "
        "max-error=0.01 of the outputs, max-drop=0.5 points of top-1, "
        "always, skip=LAYER,...");
  };
  QuantizationOptions options;
  options.text = text.str();
  SmallVector<StringRef> pieces;
  text.split(pieces, ',');
  if (pieces.front() != "int8")
    return wrong("unknown precision '" + pieces.front() + "'");
  bool inList = false;
  for (StringRef piece : ArrayRef(pieces).drop_front()) {
    auto [key, value] = piece.split('=');
    if (key == "skip") {
      inList = true;
      options.skip.push_back(value.str());
    } else if (key == "method") {
      auto method = llvm::StringSwitch<std::optional<RangeMethod>>(value)
                        .Case("error", RangeMethod::Error)
                        .Case("minmax", RangeMethod::MinMax)
                        .Case("percentile", RangeMethod::Percentile)
                        .Case("entropy", RangeMethod::Entropy)
                        .Default(std::nullopt);
      if (!method)
        return wrong("unknown method '" + value + "'");
      options.method = *method;
    } else if (key == "percentile") {
      if (value.getAsDouble(options.percentile) ||
          !(options.percentile > 50 && options.percentile <= 100))
        return wrong("a percentile is a number above 50, at most 100");
      options.method = RangeMethod::Percentile;
    } else if (key == "max-error" || key == "max-drop") {
      double limit;
      if (value.getAsDouble(limit) || !std::isfinite(limit) || limit < 0)
        return wrong("'" + piece + "' needs a number from 0 on");
      (key == "max-error" ? options.maxError : options.maxDrop) = limit;
    } else if (piece == "always") {
      options.always = true;
    } else if (key == "equalize") {
      if (value != "yes" && value != "no")
        return wrong("equalize is yes or no");
      options.equalize = value == "yes";
    } else if (key == "sums") {
      if (value != "16" && value != "32")
        return wrong("sums are of 16 or 32 bits");
      options.shortSums = value == "16";
    } else if (key == "weights") {
      if (value != "channel" && value != "tensor")
        return wrong("unknown weights '" + value + "'");
      options.perTensorWeights = value == "tensor";
    } else if (key == "fit") {
      auto fit = llvm::StringSwitch<std::optional<WeightFit>>(value)
                     .Case("weights", WeightFit::Weights)
                     .Case("bias", WeightFit::Bias)
                     .Case("none", WeightFit::None)
                     .Default(std::nullopt);
      if (!fit)
        return wrong("unknown fit '" + value + "'");
      options.fit = *fit;
    } else if (inList) {
      // A name that has no option's form, or that has commas.
      options.skip.push_back(piece.str());
    } else {
      return wrong("unknown option '" + piece + "'");
    }
  }
  return options;
}

void lw::printOutcome(llvm::raw_ostream &os,
                      const QuantizationOutcome &outcome) {
  Table table({{"operation", Table::Left},
               {"kind", Table::Left},
               {"precision", Table::Left},
               {"MACs", Table::Right},
               {"least", Table::Right},
               {"largest", Table::Right},
               {"scale", Table::Right},
               {"zero", Table::Right},
               {"error", Table::Right},
               {"note", Table::Left}});
  for (const QuantizedOperation &op : outcome.operations)
    table.add({op.name, op.operation, op.precision,
               op.isConvolution ? groupDigits(op.macs) : "",
               formatv("{0:f3}", op.seen.low), formatv("{0:f3}", op.seen.high),
               op.output ? formatv("{0:f6}", op.output->scale).str() : "",
               op.output ? std::to_string(op.output->zeroPoint) : "",
               op.output ? formatv("{0:f6}", op.error).str() : "", op.note});
  os << "quantization by " << outcome.goal << " on " << outcome.samples
     << " samples\n";
  table.print(os);
  os << "error: mean squared difference between a result and its integers, "
        "relative to its mean square\n"
     << formatv("{0:f1} % of {1} MACs on integers\n",
                100.0 * static_cast<double>(outcome.integerMacs) /
                    static_cast<double>(outcome.macs),
                groupDigits(outcome.macs))
     << formatv("the outputs move by {0:e2} of their variance on the samples\n",
                outcome.error);
  if (const auto &accuracy = outcome.accuracy)
    os << formatv("top-1 on {0} labelled samples: {1:f2} %, before {2:f2} %\n",
                  accuracy->samples, accuracy->after, accuracy->before);
}

llvm::json::Object lw::toJson(const QuantizationOutcome &outcome) {
  llvm::json::Array operations;
  for (const QuantizedOperation &op : outcome.operations) {
    llvm::json::Object entry{{"name", llvm::json::fixUTF8(op.name)},
                             {"operation", op.operation},
                             {"precision", op.precision},
                             {"least", op.seen.low},
                             {"largest", op.seen.high}};
    if (!op.counts.empty())
      entry["histogram"] = llvm::json::Array(op.counts);
    if (op.isConvolution)
      entry["macs"] = op.macs;
    if (op.output) {
      entry["signed"] = !op.output->isUnsigned;
      entry["scale"] = op.output->scale;
      entry["zero_point"] = op.output->zeroPoint;
      entry["error"] = op.error;
    }
    if (!op.note.empty())
      entry["note"] = op.note;
    operations.push_back(std::move(entry));
  }
  llvm::json::Object result{{"goal", llvm::json::fixUTF8(outcome.goal)},
                            {"samples", outcome.samples},
                            {"macs", outcome.macs},
                            {"integer_macs", outcome.integerMacs},
                            {"output_error", outcome.error},
                            {"operations", std::move(operations)}};
  if (const auto &accuracy = outcome.accuracy)
    result["accuracy"] = llvm::json::Object{{"samples", accuracy->samples},
                                            {"before", accuracy->before},
                                            {"after", accuracy->after}};
  return result;
}

//===- PlanFile.cpp - Forms and precisions of layers in a file
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/PlanFile.h"
#include "lw/Analysis/CostModel.h"
#include "lw/Dialect/IR/Precision.h"
#include "lw/Support/OutputFile.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

constexpr int64_t kPlanSchema = 1;

/// One entry of `layers`; the error says what is wrong with it.
static llvm::Expected<PlannedLayer> readLayer(const llvm::json::Value &value) {
  const llvm::json::Object *object = value.getAsObject();
  PlannedLayer result;
  if (!object || !object->getString("layer"))
    return createStringError("expected an object with the name of a 'layer'");
  result.layer = object->getString("layer")->str();
  auto wrong = [&](const Twine &what) {
    return createStringError("layer '" + result.layer + "': " + what);
  };
  for (const auto &[key, entry] : *object) {
    auto text = entry.getAsString();
    if (key == "layer")
      continue;
    if (key != "form" && key != "precision")
      return wrong("unknown entry '" + StringRef(key) +
                   "', expected form and precision");
    if (!text)
      return wrong("'" + StringRef(key) + "' is no string");
    (key == "form" ? result.form : result.precision) = text->str();
  }
  if (!result.precision.empty() && result.precision != "int8" &&
      result.precision != "f32")
    return wrong("unknown precision '" + result.precision +
                 "', expected int8 or f32");
  return result;
}

llvm::Expected<std::vector<PlannedLayer>> lw::readPlan(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (std::error_code code = buffer.getError())
    return createStringError(path + ": " + code.message());
  auto wrong = [&](const Twine &what) {
    return createStringError(path + ": " + what +
                             "; --save-plan writes plans as they are read");
  };
  auto parsed = llvm::json::parse((*buffer)->getBuffer());
  if (!parsed)
    return wrong(llvm::toString(parsed.takeError()));
  const llvm::json::Object *plan = parsed->getAsObject();
  const llvm::json::Array *layers = plan ? plan->getArray("layers") : nullptr;
  if (!layers || plan->getInteger("schema") != kPlanSchema)
    return wrong("no plan of layers, schema " + Twine(kPlanSchema));
  std::vector<PlannedLayer> result;
  llvm::StringSet<> seen;
  for (const llvm::json::Value &value : *layers) {
    auto layer = readLayer(value);
    if (!layer)
      return wrong(llvm::toString(layer.takeError()));
    if (!seen.insert(layer->layer).second)
      return wrong("layer '" + layer->layer + "' is there twice");
    result.push_back(std::move(*layer));
  }
  return result;
}

std::vector<PlannedLayer>
lw::makePlan(const SeparableOutcome *separable,
             const QuantizationOutcome *quantization) {
  std::vector<PlannedLayer> plan;
  llvm::StringMap<size_t> numbers;
  auto find = [&](StringRef name) -> PlannedLayer & {
    auto [entry, isNew] = numbers.try_emplace(name, plan.size());
    if (isNew)
      plan.emplace_back().layer = name.str();
    return plan[entry->second];
  };
  if (separable)
    for (const LayerOutcome &layer : separable->layers) {
      find(layer.name).form = layer.form;
      find(layer.name).precision = layer.precision;
    }
  // The parts of a layer are on integers together; where one was kept for the
  // sake of the outputs, so is the layer.
  if (quantization) {
    llvm::StringSet<> known;
    for (const QuantizedOperation &op : quantization->operations)
      if (op.isConvolution && !op.layer.empty()) {
        std::string &precision = find(op.layer).precision;
        if (known.insert(op.layer).second)
          precision = "int8";
        if (op.precision == "f32")
          precision = "f32";
      }
  }
  return plan;
}

llvm::Error lw::writePlan(StringRef path, ArrayRef<PlannedLayer> plan) {
  return writeOutput(path, [&](llvm::raw_ostream &os) -> llvm::Error {
    os << "{\"schema\": " << kPlanSchema << ", \"layers\": [\n";
    // A line a layer, to be edited.
    for (auto [i, layer] : llvm::enumerate(plan)) {
      os << "  {\"layer\": " << llvm::json::Value(layer.layer)
         << ", \"form\": " << llvm::json::Value(layer.form);
      if (!layer.precision.empty())
        os << ", \"precision\": " << llvm::json::Value(layer.precision);
      os << (i + 1 < plan.size() ? "},\n" : "}\n");
    }
    os << "]}\n";
    return llvm::Error::success();
  });
}

llvm::Error lw::applyPrecisions(func::FuncOp main,
                                ArrayRef<PlannedLayer> plan) {
  std::vector<std::string> names;
  std::vector<ConvolutionOpInterface> convs;
  main.walk([&](ConvolutionOpInterface conv) {
    names.push_back(layerName(conv.getLoc()));
    convs.push_back(conv);
  });
  for (const PlannedLayer &layer : plan) {
    if (!llvm::is_contained(names, layer.layer))
      return createStringError(
          "no layer '%s', for which the plan has '%s'; %s", layer.layer.c_str(),
          layer.form.c_str(),
          listNearest(layer.layer, names, "of this network").c_str());
    if (layer.precision == "f32")
      for (auto [name, conv] : llvm::zip(names, convs))
        if (name == layer.layer)
          conv->setDiscardableAttr(kStaysFloatAttrName,
                                   UnitAttr::get(main.getContext()));
  }
  return llvm::Error::success();
}

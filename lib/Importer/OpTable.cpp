//===- OpTable.cpp - The table of supported operators
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "Families.h"
#include "IndexOperands.h"
#include "Quantized.h"
#include "lw/Importer/Onnx.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

/// Every row, by name and then by version.
struct OpTable {
  std::map<std::pair<StringRef, int64_t>, const OpEntry *> rows;

  OpTable() {
    for (ArrayRef<OpEntry> family :
         {activationOps(),     blockedMatrixOps(),
          carryOps(),          groupQueryAttentionOps(),
          castOps(),           controlFlowOps(),
          contribOps(),        convolutionOps(),
          constantOps(),       deformableOps(),
          determinantOps(),    einsumOps(),
          elementwiseOps(),    functionOps(),
          fusedAttentionOps(), fusedOps(),
          gatherOps(),         integerArithmeticOps(),
          integerOps(),        logicOps(),
          lossOps(),           matrixOps(),
          normalizationOps(),  orderingOps(),
          placementOps(),      poolingOps(),
          preprocessingOps(),  quantizedOps(),
          recurrentOps(),      reductionOps(),
          resizeOps(),         samplingOps(),
          scatterOps(),        sequenceOps(),
          shapeOps(),          signalOps(),
          sliceOps(),          transposedConvolutionOps(),
          unpoolingOps(),      vocabularyOps(),
          volumeOps(),         classifierOps()})
      for (const OpEntry &entry : family)
        rows[{entry.name, entry.since}] = &entry;
  }
};

} // namespace

static const OpTable &table() {
  static const OpTable instance;
  return instance;
}

const OpEntry *mlir::lw::importer::findOp(StringRef name, int64_t opset) {
  auto next = table().rows.upper_bound({name, opset});
  if (next == table().rows.begin())
    return nullptr;
  const OpEntry *entry = std::prev(next)->second;
  return entry->name == name ? entry : nullptr;
}

std::string mlir::lw::importer::tableName(const ::onnx::NodeProto &node) {
  if (node.domain().empty() || node.domain() == "ai.onnx")
    return node.op_type();
  return node.domain() + "." + node.op_type();
}

/// 8-bit integers as reals of scale 1.
static mlir::lw::QuantAttr integersThemselves(Node &node, Element element) {
  return mlir::lw::QuantAttr::get(node.build.builder.getContext(),
                                  element == Element::U8, APFloat(1.0f),
                                  /*zeroPoint=*/0);
}

LogicalResult
mlir::lw::importer::importByTable(Node &node, const ::onnx::NodeProto &proto) {
  const OpEntry *entry = findOp(tableName(proto), node.opset);
  if (!entry)
    return node.error("the operator is not supported");
  for (int64_t i = 0; i < entry->requiredInputs; ++i)
    if (!node.input(i))
      return node.error("expects " + Twine(entry->requiredInputs) +
                        " inputs, input " + Twine(i) + " is missing");
  for (auto [i, input] : llvm::enumerate(node.inputs)) {
    if (!input)
      continue;
    if (input->sequence && !entry->sequences)
      return node.error("input " + Twine(i) + " is a sequence of tensors");
    if (!input->sequence && !input->constant &&
        failed(node.checkShape(input->shape)))
      return failure();
    if (input->rank() > kMaxRank)
      return node.error("tensors of rank " + Twine(input->rank()) +
                        " are not supported, only up to " + Twine(kMaxRank));
  }
  if (failed(importOperator(node, *entry)) || node.hasFailed())
    return failure();
  return success();
}

/// Whether the results have the shape to which the operands broadcast.
static bool isElementwise(const OpEntry &entry) {
  for (ArrayRef<OpEntry> family : {activationOps(), elementwiseOps()})
    if (&entry >= family.begin() && &entry < family.end())
      return true;
  return false;
}

/// Where an operand of an element-wise operator has no elements, its result has
/// none: nothing is left to compute.
static bool finishEmpty(Node &node, const OpEntry &entry) {
  if (!isElementwise(entry))
    return false;
  std::optional<Shape> shape = Shape();
  bool isEmpty = false;
  for (const TensorRef &input : node.inputs)
    if (input && shape) {
      shape = broadcastShapes(*shape, input->shape);
      isEmpty |= llvm::is_contained(input->shape, 0);
    }
  if (!isEmpty || !shape)
    return false;
  node.results.push_back(
      GraphBuilder::fromConstant(makeEmpty(*shape, node.inputs[0])));
  return true;
}

LogicalResult mlir::lw::importer::importOperator(Node &node,
                                                 const OpEntry &entry) {
  if (finishEmpty(node, entry))
    return success();
  if (entry.integers == Integers::Own)
    return entry.import(node);
  Element element = Element::Float;
  for (TensorRef &input : node.inputs) {
    if (!input || input->element == Element::Float)
      continue;
    if (entry.integers == Integers::Moved && !isByte(input->element))
      continue;
    if (entry.integers == Integers::None || !isByte(input->element))
      return node.error("activations of " + elementName(input->element) +
                        " are not supported here; " +
                        (isByte(input->element) ? "dequantize" : "cast") +
                        " them before");
    if (element != Element::Float && element != input->element)
      return node.error("expects operands of one element type");
    element = input->element;
    input = GraphBuilder::dequantize(input, integersThemselves(node, element));
  }
  if (failed(entry.import(node)))
    return failure();
  for (TensorRef &result : node.results) {
    if (element == Element::Float || !result)
      continue;
    if (!result->constant) {
      result = node.build.quantize(result, integersThemselves(node, element));
    } else if (result->constant->isFloat) {
      const std::vector<float> &values = result->constant->floats;
      result = GraphBuilder::fromConstant(makeInts(
          result->shape, {values.begin(), values.end()}, dataTypeOf(element)));
    }
  }
  return success();
}

/// Why a network does not compute what the operator does; empty for what is
/// only missing.
static StringRef whyUnsupported(const ::onnx::NodeProto &node) {
  StringRef domain = node.domain();
  if (domain.contains("training"))
    return "it trains: export the network for inference";
  if (domain == "com.microsoft.nchwc")
    return "its layout is that of one processor: save the network with "
           "graph_optimization_level ORT_ENABLE_EXTENDED";
  return llvm::StringSwitch<StringRef>(node.op_type())
      .Cases({"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike",
              "RandomUniform", "RandomUniformLike"},
             "its numbers are other ones in every run: make them an input")
      .Cases(
          {"RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit"},
          "strings are not computed: cut the network off behind it")
      .Cases(
          {"TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor"},
          "trees are no network: an engine for them computes it, or "
          "hummingbird-ml makes products of matrices of it")
      .Cases({"CategoryMapper", "DictVectorizer", "LabelEncoder"},
             "names are not looked up: give the numbers that they stand for")
      .Case("SVMClassifier", "export decision_function, or a linear classifier")
      .Case("ImageDecoder", "it reads a file: decode images before")
      .Cases({"BeamSearch", "GreedySearch", "Sampling", "WhisperBeamSearch"},
             "it runs networks step by step: export each of them alone")
      .Default(domain == "com.microsoft"
                   ? "save the network before onnxruntime fuses operators"
                   : "");
}

std::string mlir::lw::importer::describeUnsupported(
    ArrayRef<const ::onnx::NodeProto *> nodes, int64_t opset) {
  struct Unsupported {
    std::string name, first, reason;
    int64_t count = 0;
  };
  SmallVector<Unsupported> found;
  for (const ::onnx::NodeProto *node : nodes) {
    bool isDefault = node->domain().empty() || node->domain() == "ai.onnx";
    if (findOp(tableName(*node), opset))
      continue;
    std::string name = node->op_type();
    if (!isDefault)
      name += " of domain '" + node->domain() + "'";
    auto *known = llvm::find_if(
        found, [&](const Unsupported &entry) { return entry.name == name; });
    if (known != found.end()) {
      ++known->count;
      continue;
    }
    Unsupported &entry = found.emplace_back();
    entry.name = name;
    entry.first = nodeName(*node);
    entry.count = 1;
    if (StringRef why = whyUnsupported(*node); !why.empty())
      entry.reason = ", " + why.str();
    if (const OpEntry *later = findOp(node->op_type(), kNewestOpset);
        later && isDefault)
      entry.reason = ", supported from opset " + std::to_string(later->since) +
                     " on: convert the model with onnx.version_converter";
  }
  std::string result;
  for (const Unsupported &entry : found)
    result +=
        (result.empty() ? "" : "; ") + entry.name + " (" +
        (entry.count == 1 ? "node '"
                          : std::to_string(entry.count) + " nodes, first '") +
        entry.first + "'" + entry.reason + ")";
  return result;
}

void mlir::lw::printOnnxOperators(llvm::raw_ostream &os) {
  os << "# Supported ONNX operators\n\n"
     << "Written by `lw-translate --print-onnx-ops` from the importer's table; "
        "do not edit.\n\n"
     << "Opsets " << kOldestOpset << " to " << kNewestOpset
     << " of the default domain are read. Activations are floats of 16, 32 and "
        "64 "
        "bits (computed in\nf32), integers and bool: of any operator that "
        "compares, selects, computes integers or only\nmoves elements; of the "
        "others floats. Shapes, axes and the like must be known at import. A "
        "row holds from its opset on, until the next row of the same "
        "operator.\n\n"
     << "| operator | since opset | becomes, limits |\n"
     << "|---|---|---|\n";
  for (const auto &[key, entry] : table().rows)
    os << "| " << entry->name << " | " << entry->since << " | " << entry->note
       << " |\n";
}

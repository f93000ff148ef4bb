//===- RecurrentAttributes.cpp - Attributes of LSTM, GRU and RNN
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Recurrent.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::lw::importer;
using mlir::lw::RecurrentActivation;
using mlir::lw::RecurrentFunction;
using mlir::lw::RecurrentKind;

namespace {
/// An activation by its name in lower case, and its parameters when they are
/// left out.
struct Function {
  StringRef name;
  RecurrentFunction function;
  std::optional<float> alpha, beta;
};
} // namespace

static const Function *findFunction(StringRef name) {
  static const Function functions[] = {
      {"relu", RecurrentFunction::Relu, {}, {}},
      {"tanh", RecurrentFunction::Tanh, {}, {}},
      {"sigmoid", RecurrentFunction::Sigmoid, {}, {}},
      {"affine", RecurrentFunction::Affine, 1.0f, 0.0f},
      {"leakyrelu", RecurrentFunction::LeakyRelu, 0.01f, {}},
      {"thresholdedrelu", RecurrentFunction::ThresholdedRelu, 1.0f, {}},
      {"scaledtanh", RecurrentFunction::ScaledTanh, 1.0f, 1.0f},
      {"hardsigmoid", RecurrentFunction::HardSigmoid, 0.2f, 0.5f},
      {"elu", RecurrentFunction::Elu, 1.0f, {}},
      {"softsign", RecurrentFunction::Softsign, {}, {}},
      {"softplus", RecurrentFunction::Softplus, {}, {}}};
  std::string lower = name.lower();
  for (const Function &function : functions)
    if (function.name == lower)
      return &function;
  return nullptr;
}

/// Parameters are handed out in the order of the activations that have them.
static LogicalResult readActivations(Node &node, RecurrentAttributes &result) {
  SmallVector<std::string> names;
  if (const ::onnx::AttributeProto *found = node.attribute("activations"))
    names.assign(found->strings().begin(), found->strings().end());
  size_t count = result.directions() * lw::activationsOf(result.kind);
  if (names.empty())
    for (int64_t d = 0; d < result.directions(); ++d)
      switch (result.kind) {
      case RecurrentKind::LSTM:
        names.append({"Sigmoid", "Tanh", "Tanh"});
        break;
      case RecurrentKind::GRU:
        names.append({"Sigmoid", "Tanh"});
        break;
      case RecurrentKind::RNN:
        names.push_back("Tanh");
        break;
      }
  if (names.size() != count)
    return node.error("expects " + Twine(count) + " activations, found " +
                      Twine(names.size()));
  std::vector<float> none;
  std::vector<float> alphas =
      node.floatsAttr("activation_alpha").value_or(none);
  std::vector<float> betas = node.floatsAttr("activation_beta").value_or(none);
  size_t nextAlpha = 0, nextBeta = 0;
  for (const std::string &name : names) {
    const Function *function = findFunction(name);
    if (!function)
      return node.error("activation '" + name + "' is not known");
    auto parameter = [](const std::optional<float> &absent,
                        const std::vector<float> &given, size_t &next) {
      if (!absent)
        return 0.0f;
      return next < given.size() ? given[next++] : *absent;
    };
    float alpha = parameter(function->alpha, alphas, nextAlpha);
    float beta = parameter(function->beta, betas, nextBeta);
    result.activations.push_back({function->function, alpha, beta});
  }
  return success();
}

FailureOr<RecurrentAttributes> RecurrentAttributes::read(Node &node,
                                                         RecurrentKind kind) {
  RecurrentAttributes result;
  result.kind = kind;
  std::string direction = node.stringAttr("direction", "forward");
  std::optional<lw::RecurrentDirection> known =
      lw::symbolizeRecurrentDirection(StringRef(direction).lower());
  if (!known)
    return node.error("expects a direction of forward, reverse or "
                      "bidirectional, found '" +
                      direction + "'");
  result.direction = *known;
  result.inputForget =
      kind == RecurrentKind::LSTM && node.intAttr("input_forget", 0) != 0;
  result.linearBeforeReset =
      kind == RecurrentKind::GRU && node.intAttr("linear_before_reset", 0) != 0;
  result.batchFirst = node.intAttr("layout", 0) != 0;
  if (node.attribute("clip")) {
    result.clip = node.floatAttr("clip", 0);
    if (!(*result.clip > 0))
      return node.error("expects a clip above 0, found " +
                        std::to_string(*result.clip));
  }
  if (failed(readActivations(node, result)))
    return failure();
  result.hidden = node.intAttr("hidden_size", 0);
  return result;
}

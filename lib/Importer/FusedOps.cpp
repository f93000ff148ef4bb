//===- FusedOps.cpp - Operators that onnxruntime's optimizers write
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Each becomes the operators that it was made of.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Families.h"

using namespace mlir;
using namespace mlir::lw::importer;

using AttributeProto = Composition::AttributeProto;

//===----------------------------------------------------------------------===//
// Functions of one number
//===----------------------------------------------------------------------===//

/// Gelu, or its form with tanh, of a tensor and what may be added to it.
template <bool tanh> static LogicalResult importGelu(Node &node) {
  Composition c(node);
  TensorRef x = node.inputs[0];
  if (node.input(1))
    x = c.add(x, node.inputs[1]);
  return c.finish(c.op("Gelu", x,
                       c.attribute("approximate", tanh ? StringRef("tanh")
                                                       : StringRef("none"))));
}

static LogicalResult importQuickGelu(Node &node) {
  Composition c(node);
  return c.finish(c.op("Swish", node.inputs[0],
                       c.attribute("alpha", node.floatAttr("alpha", 1.702f))));
}

/// The activation of a fused operator, with its parameters in their order.
static TensorRef activate(Node &node, Composition &c, TensorRef x,
                          StringRef name, ArrayRef<float> parameters) {
  struct Activation {
    StringRef name;
    SmallVector<StringRef, 2> parameters;
  };
  static const Activation activations[] = {
      {"", {}},
      {"Elu", {"alpha"}},
      {"HardSigmoid", {"alpha", "beta"}},
      {"HardSwish", {}},
      {"LeakyRelu", {"alpha"}},
      {"Relu", {}},
      {"Sigmoid", {}},
      {"Softplus", {}},
      {"Softsign", {}},
      {"Tanh", {}},
      {"ThresholdedRelu", {"alpha"}},
  };
  if (name == "Clip" && parameters.size() == 2)
    return c.op("Clip", {x, c.number(parameters[0]), c.number(parameters[1])});
  const Activation *found = llvm::find_if(
      activations, [&](const Activation &known) { return known.name == name; });
  if (found == std::end(activations) ||
      parameters.size() < found->parameters.size()) {
    (void)node.error("activation '" + name + "' with " +
                     Twine(parameters.size()) +
                     " parameters is not supported; export the network without "
                     "fusing it");
    return nullptr;
  }
  if (name.empty())
    return x;
  SmallVector<AttributeProto> attributes;
  for (auto [parameter, value] : llvm::zip(found->parameters, parameters))
    attributes.push_back(c.attribute(parameter, value));
  return c.op(name, x, attributes);
}

//===----------------------------------------------------------------------===//
// Products and convolutions
//===----------------------------------------------------------------------===//

/// The attributes among `names` that the node has.
static SmallVector<AttributeProto> take(Node &node, ArrayRef<StringRef> names) {
  SmallVector<AttributeProto> result;
  for (StringRef name : names)
    if (const AttributeProto *attribute = node.attribute(name))
      result.push_back(*attribute);
  return result;
}

/// An operand with its last two dimensions exchanged, where `swaps`; with
/// `rotates` the first one of all is the last but one.
static FailureOr<TensorRef> orderOperand(Node &node, Composition &c, size_t i,
                                         bool swaps, bool rotates) {
  const TensorRef &x = node.inputs[i];
  int64_t rank = x->rank();
  if ((!swaps && !rotates) || rank < 2)
    return x;
  Shape order;
  for (int64_t d = 0; d < rank; ++d)
    order.push_back(d);
  // [M, batch..., K] is [batch..., M, K].
  if (rotates)
    std::rotate(order.begin(), order.begin() + 1, order.end() - 1);
  if (swaps)
    std::swap(order[rank - 1], order[rank - 2]);
  return c.transpose(x, order);
}

static LogicalResult importFusedMatMul(Node &node) {
  Composition c(node);
  FailureOr<TensorRef> a =
      orderOperand(node, c, 0, node.intAttr("transA", 0) != 0,
                   node.intAttr("transBatchA", 0) != 0);
  FailureOr<TensorRef> b =
      orderOperand(node, c, 1, node.intAttr("transB", 0) != 0,
                   node.intAttr("transBatchB", 0) != 0);
  if (failed(a) || failed(b))
    return failure();
  float alpha = node.floatAttr("alpha", 1.0f);
  TensorRef y = c.op("MatMul", {*a, *b});
  return c.finish(alpha == 1.0f ? y : c.mul(y, c.number(alpha)));
}

static LogicalResult importFusedGemm(Node &node) {
  Composition c(node);
  TensorRef y = c.op("Gemm", node.inputs,
                     take(node, {"alpha", "beta", "transA", "transB"}));
  float parameters[] = {node.floatAttr("activation_alpha", 0.0f),
                        node.floatAttr("activation_beta", 0.0f)};
  std::string name = node.stringAttr("activation", "");
  // Not those of Clip, whose bounds have no names here.
  return c.finish(
      activate(node, c, y, name,
               name == "Clip" ? ArrayRef<float>() : ArrayRef(parameters)));
}

/// A convolution, another tensor that may be added, and an activation; the
/// channels of images are the second dimension or, with `isNhwc`, the last one.
template <bool isNhwc> static LogicalResult importFusedConv(Node &node) {
  Composition c(node);
  TensorRef x = node.inputs[0];
  int64_t rank = x->rank();
  Shape toChannels = {0, rank - 1}, toImages = {0};
  for (int64_t d = 1; d < rank - 1; ++d) {
    toChannels.push_back(d);
    toImages.push_back(d + 1);
  }
  toImages.push_back(1);
  if (isNhwc && rank < 3)
    return node.checkRank(0, 4);
  if (isNhwc)
    x = c.transpose(x, toChannels);
  TensorRef y = c.op("Conv", {x, node.inputs[1], node.input(2)},
                     take(node, {"auto_pad", "dilations", "group",
                                 "kernel_shape", "pads", "strides"}));
  if (isNhwc)
    y = c.transpose(y, toImages);
  if (node.input(3))
    y = c.add(y, node.inputs[3]);
  auto parameters = node.floatsAttr("activation_params");
  return c.finish(activate(node, c, y, node.stringAttr("activation", ""),
                           parameters.value_or(std::vector<float>())));
}

//===----------------------------------------------------------------------===//
// Products of integers
//===----------------------------------------------------------------------===//

TensorRef mlir::lw::importer::multiplyIntegers(
    Composition &c, const TensorRef &a, const TensorRef &b,
    const TensorRef &scaleA, const TensorRef &scaleB,
    const TensorRef &zeroPointA, const TensorRef &zeroPointB,
    const TensorRef &bias) {
  TensorRef sums = c.op("MatMulInteger", {a, b, zeroPointA, zeroPointB});
  TensorRef reals = c.op(
      "Cast", sums, c.attribute("to", int64_t(::onnx::TensorProto::FLOAT)));
  reals = c.mul(reals, c.mul(scaleA, scaleB));
  return bias ? c.add(reals, bias) : reals;
}

static LogicalResult importDynamicQuantizeMatMul(Node &node) {
  Composition c(node);
  SmallVector<TensorRef> a =
      c.results("DynamicQuantizeLinear", node.inputs[0], 3);
  return c.finish(multiplyIntegers(c, a[0], node.inputs[1], a[1],
                                   node.inputs[2], a[2], node.input(3),
                                   node.input(4)));
}

static LogicalResult importMatMulIntegerToFloat(Node &node) {
  Composition c(node);
  return c.finish(multiplyIntegers(
      c, node.inputs[0], node.inputs[1], node.inputs[2], node.inputs[3],
      node.input(4), node.input(5), node.input(6)));
}

ArrayRef<OpEntry> mlir::lw::importer::fusedOps() {
  static const OpEntry entries[] = {
      {"com.microsoft.BiasGelu", 1, 2, importGelu<false>, "Add and Gelu"},
      {"com.microsoft.DynamicQuantizeMatMul", 1, 3, importDynamicQuantizeMatMul,
       "DynamicQuantizeLinear, MatMulInteger and Mul; weights known at import",
       Integers::Own},
      {"com.microsoft.FastGelu", 1, 1, importGelu<true>,
       "Add and Gelu with tanh"},
      {"com.microsoft.FusedConv", 1, 2, importFusedConv<false>,
       "Conv, Add and the activation"},
      {"com.microsoft.FusedGemm", 1, 2, importFusedGemm,
       "Gemm and the activation; no Clip"},
      {"com.microsoft.FusedMatMul", 1, 2, importFusedMatMul,
       "Transpose, MatMul and Mul"},
      {"com.microsoft.Gelu", 1, 1, importGelu<false>, "as Gelu"},
      {"com.microsoft.MatMulIntegerToFloat", 1, 4, importMatMulIntegerToFloat,
       "MatMulInteger and Mul; weights known at import", Integers::Own},
      {"com.microsoft.NhwcConv", 1, 2, importFusedConv<true>,
       "Transpose and Conv"},
      {"com.microsoft.NhwcFusedConv", 1, 2, importFusedConv<true>,
       "Transpose and FusedConv"},
      {"com.microsoft.QuickGelu", 1, 1, importQuickGelu, "as Swish"},
      {"com.microsoft.TransposeMatMul", 1, 2, importFusedMatMul,
       "as FusedMatMul"},
  };
  return entries;
}

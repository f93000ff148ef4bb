//===- Casts.cpp - Conversions between element types
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "IntegerArithmetic.h"
#include "OpTable.h"
#include "TensorData.h"
#include "llvm/ADT/APFloat.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;
using Proto = ::onnx::TensorProto;

/// A number as an element of a float type; f64 is held as f32.
static float roundTo(float value, int32_t dataType) {
  if (dataType != Proto::FLOAT16 && dataType != Proto::BFLOAT16)
    return value;
  APFloat number(value);
  bool lossy;
  number.convert(dataType == Proto::FLOAT16 ? APFloat::IEEEhalf()
                                            : APFloat::BFloat(),
                 APFloat::rmNearestTiesToEven, &lossy);
  number.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &lossy);
  return number.convertToFloat();
}

/// The integer of an element; what no integer of 64 bits holds becomes the
/// type's least or, also for NaN, greatest one, as in tosa.cast. Exporters
/// leave such elements where a Where does not choose them.
static int64_t toInteger(float value, int32_t dataType) {
  if (std::abs(value) < 0x1p63f)
    return wrap(static_cast<int64_t>(value), dataType);
  bool isLeast = value < 0;
  switch (dataType) {
  case Proto::INT8:
    return isLeast ? INT8_MIN : INT8_MAX;
  case Proto::UINT8:
    return isLeast ? 0 : UINT8_MAX;
  case Proto::INT16:
    return isLeast ? INT16_MIN : INT16_MAX;
  case Proto::UINT16:
    return isLeast ? 0 : UINT16_MAX;
  case Proto::INT32:
    return isLeast ? INT32_MIN : INT32_MAX;
  case Proto::UINT32:
    return isLeast ? 0 : UINT32_MAX;
  case Proto::UINT64: // held with a sign
    return isLeast ? 0 : INT64_MAX;
  default:
    return isLeast ? INT64_MIN : INT64_MAX;
  }
}

static LogicalResult foldCast(Node &node, const Constant &x,
                              const EdgeType &to) {
  if (to.element == Element::Float) {
    std::vector<float> values;
    for (int64_t i = 0; i < x.size(); ++i)
      values.push_back(roundTo(static_cast<float>(x.number(i)), to.dataType));
    return node.finish(
        GraphBuilder::fromConstant(makeFloats(x.shape, std::move(values))));
  }
  std::vector<int64_t> values;
  for (int64_t i = 0; i < x.size(); ++i) {
    if (to.isBool()) {
      values.push_back(x.number(i) != 0.0);
      continue;
    }
    values.push_back(x.isFloat ? toInteger(x.floats[i], to.dataType)
                               : wrap(x.ints[i], to.dataType));
  }
  return node.finish(GraphBuilder::fromConstant(
      makeInts(x.shape, std::move(values), to.dataType)));
}

/// Floats of other types are f32 here.
static LogicalResult castTo(Node &node, int32_t dataType) {
  GraphBuilder &build = node.build;
  auto to = EdgeType::get(build.builder.getContext(), dataType);
  if (!to)
    return node.error("a cast to element type " + elementTypeName(dataType) +
                      " is not supported (floats of 16 to 64 bits, integers "
                      "of 8 to 64 and bool are)");
  const TensorRef &x = node.inputs[0];
  if (x->constant) {
    // What holds already keeps its quantization.
    if (x->constant->isFloat && to->element == Element::Float &&
        dataType != Proto::FLOAT16 && dataType != Proto::BFLOAT16)
      return node.finish(x);
    return foldCast(node, *x->constant, *to);
  }
  if (to->element == Element::Float && isByte(x->element))
    return node.finish(GraphBuilder::dequantize(
        x, mlir::lw::QuantAttr::get(build.builder.getContext(),
                                    x->element == Element::U8, APFloat(1.0f),
                                    /*zeroPoint=*/0)));
  TensorRef result = convert(
      build, isInteger(to->element) ? divideExactly(node, x) : x, to->element);
  if (to->element == Element::Float || isByte(to->element) || to->isBool() ||
      x->element == Element::Bool)
    return node.finish(result);
  Permutation layout = GraphBuilder::layoutOf(result);
  return node.finish(wrap(build, build.get(result, layout), *to), layout);
}

static LogicalResult importCast(Node &node) {
  return castTo(node, static_cast<int32_t>(node.intAttr("to", 0)));
}

/// To the type of the second input, of which nothing else matters.
static LogicalResult importCastLike(Node &node) {
  return castTo(node, dataTypeOf(elementOf(node.inputs[1])));
}

ArrayRef<OpEntry> mlir::lw::importer::castOps() {
  static const OpEntry entries[] = {
      {"Cast", 6, 1, importCast,
       "`tosa.cast`, nothing between floats: those of 16 and 64 bits are f32",
       Integers::Own},
      {"CastLike", 15, 2, importCastLike, "as Cast", Integers::Own},
  };
  return entries;
}

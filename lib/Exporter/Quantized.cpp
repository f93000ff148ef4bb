//===- Quantized.cpp - Integers between float operators
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Quantized.h"
#include "OpTable.h"
#include "Signedness.h"
#include "lw/Dialect/IR/Quantization.h"
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace mlir::lw;
using namespace mlir::lw::exporter;

static int32_t typeOf(QuantAttr quantization) {
  return quantization.getIsUnsigned() ? TensorProto::UINT8 : TensorProto::INT8;
}

/// Scale and zero point, the further inputs of both operators.
static SmallVector<std::string> parametersOf(Graph &graph,
                                             QuantAttr quantization) {
  return {graph.number(quantization.getScaleValue()),
          graph.getPlain(
              makeIntegers({}, typeOf(quantization),
                           static_cast<int32_t>(quantization.getZeroPoint())))};
}

/// table[x] with x read as an unsigned byte: Gather counts negative indices
/// from the end.
static TensorRef lookUp(Graph &graph, const TensorRef &x,
                        ArrayRef<int32_t> table, int32_t type) {
  TensorRef index =
      graph.unary("Cast", x, {}, {attribute("to", int64_t(TensorProto::INT32))},
                  TensorProto::INT32);
  // As it is held, whatever its shape.
  const TensorRef &held = index->isPending() ? index->reshaped : index;
  Order order = Graph::commonOrder(held);
  std::string name = graph.node(
      "Gather",
      {graph.getPlain(makeIntegers(256, type, table)), graph.get(held, order)},
      {attribute("axis", int64_t(0))});
  return graph.reshape(makeTensor(held->shape, type, order, name), x->shape);
}

TensorRef exporter::withSign(Graph &graph, const TensorRef &x,
                             QuantAttr quantization) {
  if (x->type == typeOf(quantization))
    return x;
  std::vector<int32_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), 0);
  return lookUp(graph, x, bytes, typeOf(quantization));
}

TensorRef exporter::quantizeTo(Graph &graph, const TensorRef &x,
                               QuantAttr quantization) {
  return graph.unary("QuantizeLinear", x, parametersOf(graph, quantization), {},
                     typeOf(quantization));
}

TensorRef exporter::dequantizeFrom(Graph &graph, const TensorRef &x,
                                   QuantAttr quantization) {
  TensorRef &known = graph.dequantized(x, quantization);
  if (!known)
    known =
        graph.unary("DequantizeLinear", withSign(graph, x, quantization),
                    parametersOf(graph, quantization), {}, TensorProto::FLOAT);
  return known;
}

TensorRef exporter::dequantizeConstant(Graph &graph, const TensorRef &x,
                                       ArrayRef<float> scales, StringRef part) {
  int64_t count = scales.size();
  SmallVector<std::string> inputs = {
      graph.getParameter(x, part),
      graph.getParameter(makeFloats(count, scales), (part + "_scale").str()),
      graph.getPlain(
          makeIntegers(count, x->type, SmallVector<int32_t>(count, 0)))};
  return makeTensor(
      x->shape, TensorProto::FLOAT, identityOrder(x->rank()),
      graph.node("DequantizeLinear", inputs, {attribute("axis", int64_t(0))}));
}

static LogicalResult emitQuantize(Graph &graph, Operation *op,
                                  const OpEntry &) {
  auto quantize = cast<QuantizeOp>(op);
  graph.set(quantize, quantizeTo(graph, graph.find(quantize.getInput()),
                                 quantize.getQuantization()));
  return success();
}

static LogicalResult emitDequantize(Graph &graph, Operation *op,
                                    const OpEntry &) {
  auto dequantize = cast<DequantizeOp>(op);
  graph.set(dequantize, dequantizeFrom(graph, graph.find(dequantize.getInput()),
                                       dequantize.getQuantization()));
  return success();
}

/// Dequantized and quantized again, where that gives the same integers: lw
/// multiplies by the rounded ratio of the scales. Otherwise by a table.
static LogicalResult emitRequantize(Graph &graph, Operation *op,
                                    const OpEntry &) {
  auto requantize = cast<RequantizeOp>(op);
  QuantAttr from = requantize.getFrom(), to = requantize.getTo();
  TensorRef x = graph.find(requantize.getInput());
  float ratio = scaleRatio(from.getScaleValue(), to.getScaleValue());
  std::vector<int32_t> table(256);
  bool same = true;
  for (int byte = 0; byte < 256; ++byte) {
    int64_t q = from.fromByte(byte);
    table[byte] = to.saturate(
        std::nearbyint(static_cast<float>(q - from.getZeroPoint()) * ratio));
    same &= table[byte] == to.quantize(from.dequantize(q));
  }
  graph.set(requantize,
            same ? quantizeTo(graph, dequantizeFrom(graph, x, from), to)
                 : lookUp(graph, withSign(graph, x, from), table, typeOf(to)));
  return success();
}

static LogicalResult emitLookup(Graph &graph, Operation *op, const OpEntry &) {
  auto lookup = cast<LookupOp>(op);
  SmallVector<int32_t> table;
  for (APInt value : lookup.getTable().getValues<APInt>())
    table.push_back(value.getSExtValue());
  graph.set(lookup, lookUp(graph, graph.find(lookup.getInput()), table,
                           elementTypeOf(lookup.getOutput())));
  return success();
}

template <typename Op>
static LogicalResult emitBinary(Graph &graph, Operation *op,
                                const OpEntry &entry) {
  auto binary = cast<Op>(op);
  TensorRef a =
      dequantizeFrom(graph, graph.find(binary.getLhs()), binary.getLhsQuant());
  TensorRef b =
      dequantizeFrom(graph, graph.find(binary.getRhs()), binary.getRhsQuant());
  graph.set(
      binary,
      quantizeTo(graph,
                 graph.binary(std::is_same_v<Op, AddOp> ? "Add" : "Mul", a, b),
                 binary.getOutputQuant()));
  return success();
}

ArrayRef<OpEntry> mlir::lw::exporter::quantizedOps() {
  static const OpEntry entries[] = {
      {AddOp::getOperationName(), emitBinary<AddOp>,
       "DequantizeLinear, Add and QuantizeLinear"},
      {DequantizeOp::getOperationName(), emitDequantize, "DequantizeLinear"},
      {LookupOp::getOperationName(), emitLookup, "Gather from the table"},
      {MulOp::getOperationName(), emitBinary<MulOp>,
       "DequantizeLinear, Mul and QuantizeLinear"},
      {QuantizeOp::getOperationName(), emitQuantize, "QuantizeLinear"},
      {RequantizeOp::getOperationName(), emitRequantize,
       "DequantizeLinear and QuantizeLinear, or Gather from a table where they "
       "would round otherwise"},
  };
  return entries;
}

//===- BlockedMatrix.cpp - Products with weights of 2 to 8 bits in blocks
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The weights become reals at import.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Families.h"
#include "TensorData.h"

using namespace mlir;
using namespace mlir::lw::importer;
using Proto = ::onnx::TensorProto;

namespace {

/// Integers of a few bits, each row of which begins with a byte of its own.
struct PackedRows {
  const Constant &bytes;
  int64_t bits, count; // in a row

  int64_t rowBytes() const { return llvm::divideCeil(count * bits, 8); }
  int64_t at(int64_t row, int64_t i) const {
    int64_t perByte = 8 / bits;
    int64_t byte = bytes.ints[row * rowBytes() + i / perByte];
    return byte >> (i % perByte * bits) & ((int64_t(1) << bits) - 1);
  }
};

} // namespace

/// Input `i`, known at import, of `size` elements.
static FailureOr<ConstantRef> readParameter(Node &node, size_t i,
                                            StringRef what, int64_t size,
                                            bool isFloat) {
  const TensorRef &input = node.inputs[i];
  if (!input->constant)
    return node.error("expects the " + what + ", input " + Twine(i) +
                      ", to be known at import; make it an initializer");
  const Constant &constant = *input->constant;
  if (constant.isFloat != isFloat ||
      (!isFloat && constant.fileType != Proto::UINT8))
    return node.error("expects the " + what + ", input " + Twine(i) + ", of " +
                      (isFloat ? "floats" : "uint8"));
  if (constant.size() != size)
    return node.error("expects the " + what + ", input " + Twine(i) + ", of " +
                      Twine(size) + " elements, found shape " +
                      formatShape(constant.shape));
  return input->constant;
}

static LogicalResult importMatMulNBits(Node &node) {
  int64_t depth = node.intAttr("K", 0), columns = node.intAttr("N", 0),
          bits = node.intAttr("bits", 4), block = node.intAttr("block_size", 0);
  if (bits != 2 && bits != 4 && bits != 8)
    return node.error("expects attribute 'bits' to be 2, 4 or 8, found " +
                      Twine(bits));
  if (depth < 1 || columns < 1 || block < 1 || block * bits % 8 != 0)
    return node.error("expects positive attributes K, N and block_size, whole "
                      "bytes to a block");
  if (node.input(4))
    return node.error("weights whose rows are in another order, input 4, are "
                      "not supported; quantize without g_idx");
  int64_t blocks = llvm::divideCeil(depth, block);
  if (!countElements({columns, blocks, block}))
    return node.error("expects weights of fewer elements");
  FailureOr<ConstantRef> weights =
      readParameter(node, 1, "weights", columns * blocks * block * bits / 8,
                    /*isFloat=*/false);
  FailureOr<ConstantRef> scales =
      readParameter(node, 2, "scales", columns * blocks, /*isFloat=*/true);
  if (failed(weights) || failed(scales))
    return failure();
  PackedRows packed{**weights, bits, blocks * block};
  bool hasFloatZeros = node.input(3) && node.inputs[3]->constant &&
                       node.inputs[3]->constant->isFloat;
  FailureOr<ConstantRef> zeros = ConstantRef();
  if (node.input(3))
    zeros = readParameter(node, 3, "zero points",
                          hasFloatZeros
                              ? columns * blocks
                              : columns * llvm::divideCeil(blocks * bits, 8),
                          hasFloatZeros);
  if (failed(zeros))
    return failure();
  auto zeroOf = [&](int64_t column, int64_t b) -> float {
    if (!*zeros)
      return static_cast<float>(int64_t(1) << (bits - 1));
    if (hasFloatZeros)
      return (*zeros)->floats[column * blocks + b];
    return static_cast<float>(PackedRows{**zeros, bits, blocks}.at(column, b));
  };
  std::vector<float> reals(depth * columns);
  for (int64_t column = 0; column < columns; ++column)
    for (int64_t i = 0; i < depth; ++i)
      reals[i * columns + column] =
          (static_cast<float>(packed.at(column, i)) -
           zeroOf(column, i / block)) *
          (*scales)->floats[column * blocks + i / block];
  Composition c(node);
  TensorRef y = c.op(
      "MatMul", {node.inputs[0], c.floats({depth, columns}, std::move(reals))});
  if (node.input(5))
    y = c.add(y, node.inputs[5]);
  return c.finish(y);
}

/// Input `i` of bytes as the integers in them, `count` in a row; null after an
/// error.
static TensorRef unpackRows(Node &node, size_t i, int64_t bits, int64_t count) {
  Shape shape(node.shape(i));
  int64_t rows = *countElements(shape) / shape.back();
  FailureOr<ConstantRef> bytes = readParameter(
      node, i, "integers", rows * llvm::divideCeil(count * bits, 8),
      /*isFloat=*/false);
  if (failed(bytes))
    return nullptr;
  PackedRows packed{**bytes, bits, count};
  std::vector<int64_t> numbers;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < count; ++column)
      numbers.push_back(packed.at(row, column));
  shape.back() = count;
  return GraphBuilder::fromConstant(
      makeInts(shape, std::move(numbers), Proto::UINT8));
}

/// A table of integers, each block of a row with a scale; bytes hold several.
static LogicalResult importGatherBlockQuantized(Node &node) {
  TensorRef table = node.inputs[0], zeros = node.input(3);
  const TensorRef &scales = node.inputs[2];
  int64_t rank = table->rank(), bits = node.intAttr("bits", 4),
          block = node.intAttr("block_size", 128);
  FailureOr<int64_t> along = node.axis(node.intAttr("quantize_axis", 1), rank),
                     picked = node.axis(node.intAttr("gather_axis", 0), rank);
  if (failed(along) || failed(picked))
    return failure();
  if (!table->constant || table->constant->isFloat || scales->rank() != rank)
    return node.error("expects a table of integers that is known at import, "
                      "input 0, and scales of its rank, input 2");
  if (table->constant->fileType == Proto::UINT8) {
    if ((bits != 2 && bits != 4 && bits != 8) || *along != rank - 1 ||
        block < 1)
      return node.error("expects attribute 'bits' to be 2, 4 or 8, and "
                        "'quantize_axis' to be the last one");
    int64_t count = table->shape.back() * 8 / bits;
    table = unpackRows(node, 0, bits, count);
    if (zeros)
      zeros = unpackRows(node, 3, bits, scales->shape.back());
    else
      zeros = GraphBuilder::fromConstant(makeInts(
          scales->shape,
          std::vector<int64_t>(*countElements(scales->shape), 1 << (bits - 1)),
          Proto::UINT8));
    if (!table || !zeros)
      return failure();
  }
  Composition c(node);
  TensorRef reals =
      c.op("DequantizeLinear", {table, scales, zeros},
           {c.attribute("axis", *along), c.attribute("block_size", block)});
  return c.finish(
      c.op("Gather", {reals, node.inputs[1]}, c.attribute("axis", *picked)));
}

ArrayRef<OpEntry> mlir::lw::importer::blockedMatrixOps() {
  static const OpEntry entries[] = {
      {"com.microsoft.GatherBlockQuantized", 1, 3, importGatherBlockQuantized,
       "DequantizeLinear and Gather; the table known at import", Integers::Own},
      {"com.microsoft.MatMulNBits", 1, 3, importMatMulNBits,
       "MatMul of the dequantized weights of 2, 4 or 8 bits; weights known at "
       "import"},
  };
  return entries;
}

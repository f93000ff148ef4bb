//===- Composition.h - Operators in terms of other operators
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_COMPOSITION_H
#define LW_LIB_IMPORTER_COMPOSITION_H

#include "Node.h"

namespace mlir::lw::importer {

/// Imports a node as if nodes of other operators, with its name, stood in its
/// place. After an error all results are null.
class Composition {
public:
  using AttributeProto = ::onnx::AttributeProto;

  /// The opset of the operators that are composed, whatever that of the file.
  static constexpr int64_t kOpset = 28;

  explicit Composition(Node &node) : node(node) {}

  /// The first result of operator `op`.
  TensorRef op(StringRef op, ArrayRef<TensorRef> inputs,
               ArrayRef<AttributeProto> attributes = {});
  /// The first `count` results.
  SmallVector<TensorRef> results(StringRef op, ArrayRef<TensorRef> inputs,
                                 size_t count,
                                 ArrayRef<AttributeProto> attributes = {});

  static AttributeProto attribute(StringRef name, int64_t value);
  static AttributeProto attribute(StringRef name, float value);
  static AttributeProto attribute(StringRef name, StringRef value);
  static AttributeProto attribute(StringRef name, ArrayRef<int64_t> values);

  static TensorRef number(float value);
  static TensorRef floats(ArrayRef<int64_t> shape, std::vector<float> values);
  /// One number everywhere; no more elements than tensors may have.
  static TensorRef fill(ArrayRef<int64_t> shape, float value);
  static TensorRef integer(int64_t value);
  static TensorRef integers(ArrayRef<int64_t> values);

  TensorRef reshape(const TensorRef &x, ArrayRef<int64_t> shape);
  TensorRef transpose(const TensorRef &x, ArrayRef<int64_t> permutation);
  TensorRef add(const TensorRef &a, const TensorRef &b) {
    return op("Add", {a, b});
  }
  TensorRef mul(const TensorRef &a, const TensorRef &b) {
    return op("Mul", {a, b});
  }

  bool hasFailed() const { return failed; }
  /// Fails after an error.
  LogicalResult finish(ArrayRef<TensorRef> results);

private:
  Node &node;
  bool failed = false;
};

/// The product of integers less their zero points, times their scales; zero
/// points and the bias may be null.
TensorRef multiplyIntegers(Composition &c, const TensorRef &a,
                           const TensorRef &b, const TensorRef &scaleA,
                           const TensorRef &scaleB, const TensorRef &zeroPointA,
                           const TensorRef &zeroPointB, const TensorRef &bias);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_COMPOSITION_H

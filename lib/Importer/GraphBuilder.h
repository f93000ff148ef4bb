//===- GraphBuilder.h - Values with a layout, and making operations
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_GRAPHBUILDER_H
#define LW_LIB_IMPORTER_GRAPHBUILDER_H

#include "Constant.h"
#include "lw/Dialect/IR/LwAttributes.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"

namespace mlir::lw::importer {

struct Tensor;
using TensorRef = std::shared_ptr<Tensor>;

/// What the elements of an activation are.
enum class Element { Float, U8, S8, I32, I64, Bool };

/// A tensor of the ONNX graph: known at import, or one or more MLIR values that
/// hold it, each in an order of dimensions of its own. Dimension i of a value
/// is ONNX dimension permutation[i]; NHWC is {0, 2, 3, 1}. Transposing is thus
/// a matter of bookkeeping until an operation demands an order.
struct Tensor {
  struct Stored {
    Permutation permutation;
    Value value;
  };
  /// A step of the Reshape-Transpose-Reshape that shuffles channels.
  struct ShuffleStep {
    TensorRef source;
    int64_t groups;
    bool transposed;
  };

  Shape shape; // in ONNX order
  ConstantRef constant;
  /// A constant with its dimensions in other orders.
  SmallVector<std::pair<Permutation, TensorRef>, 1> transposed;
  SmallVector<Stored, 2> stored;
  /// A rank-2 tensor that is this one flattened, where the elements would have
  /// to change places. Materialized on demand, because a fully connected layer
  /// rather permutes its weights.
  TensorRef flattened;
  std::optional<ShuffleStep> shuffle;
  Element element = Element::Float;
  /// The elements where this is a sequence of tensors; all else is empty then.
  std::shared_ptr<const std::vector<TensorRef>> sequence;
  /// The integers of which this tensor of reals is the dequantization, which
  /// happens on demand; what only moves elements moves the integers instead.
  TensorRef integers;
  lw::QuantAttr quantization;
  /// Of integers of 16 bits, the same numbers as the reals that they have been
  /// computed as: what dequantizes them at once needs no integers.
  TensorRef wholes;

  int64_t rank() const { return shape.size(); }
};

/// Makes the operations of the imported function.
class GraphBuilder {
public:
  explicit GraphBuilder(OpBuilder &builder)
      : builder(builder), loc(builder.getUnknownLoc()) {}

  OpBuilder &builder;
  Location loc;

  //===--------------------------------------------------------------------===//
  // Tensors
  //===--------------------------------------------------------------------===//

  static const Permutation &nhwc();
  static TensorRef fromConstant(ConstantRef constant);
  /// The tensor that `value` holds in the given order of dimensions.
  static TensorRef fromValue(Value value, ArrayRef<int32_t> permutation);
  static TensorRef fromValue(Value value);
  static TensorRef fromNhwc(Value value);

  /// The order in which `tensor` is held (of a constant: the ONNX order).
  static Permutation layoutOf(const TensorRef &tensor);
  /// The first order of rank `rank` that is not the ONNX order among the
  /// operands, else the ONNX order.
  static Permutation commonLayout(ArrayRef<TensorRef> tensors, int64_t rank);

  /// Reals that stand for integers of 8 bits.
  static TensorRef dequantize(const TensorRef &integers,
                              lw::QuantAttr quantization);
  /// The opposite; of what `dequantize` gave with the same quantization, the
  /// integers themselves.
  TensorRef quantize(const TensorRef &tensor, lw::QuantAttr quantization);
  /// A constant that DequantizeLinear gave with one scale, as a tensor that
  /// keeps its integers; null for others.
  TensorRef keepIntegers(const TensorRef &tensor);

  /// The value of `tensor` in the given order; transposes only when elements
  /// change places.
  Value get(const TensorRef &tensor, ArrayRef<int32_t> permutation);
  Value getPlain(const TensorRef &tensor);
  Value getNhwc(const TensorRef &tensor);

  /// The tensor with other extents, as many elements, in ONNX order.
  TensorRef reshape(const TensorRef &tensor, ArrayRef<int64_t> shape);
  TensorRef transpose(const TensorRef &tensor, ArrayRef<int32_t> permutation);

  //===--------------------------------------------------------------------===//
  // Operations
  //===--------------------------------------------------------------------===//

  /// Of f32, or of the elements of `like`.
  RankedTensorType type(ArrayRef<int64_t> shape, Value like = {});
  Value constShape(ArrayRef<int64_t> values);
  Value floats(ArrayRef<int64_t> shape, ArrayRef<float> values);
  /// One number as a tensor of the given rank, for broadcasting.
  Value number(int64_t rank, float value);

  Value reshapeValue(Value value, ArrayRef<int64_t> shape);
  Value transposeValue(Value value, ArrayRef<int32_t> permutation);
  Value pad(Value value, ArrayRef<int64_t> before, ArrayRef<int64_t> after,
            float fill);
  Value slice(Value value, ArrayRef<int64_t> start, ArrayRef<int64_t> size);
  Value clamp(Value value, float least, float greatest);
  Value mul(Value a, Value b);
  Value negate(Value value);
  Value concat(ValueRange values, int64_t axis);
  /// Element k of the last-but-one dimension of [N, K, C] for each k of
  /// `indices`, the same for all N.
  Value gather(Value value, ArrayRef<int32_t> indices);

  template <typename Op> Value unary(Value value) {
    return Op::create(builder, loc, value.getType(), value);
  }
  /// Operands have equal rank and extents that are equal or 1.
  template <typename Op> Value binary(Value a, Value b) {
    return Op::create(builder, loc, broadcastType(a, b), a, b);
  }
  /// Keeps the reduced dimension with extent 1; `more` are further attributes.
  template <typename Op, typename... More>
  Value reduce(Value value, int64_t axis, More... more) {
    Shape shape(shapeOf(value));
    shape[axis] = 1;
    return Op::create(builder, loc, type(shape, value), value,
                      static_cast<uint32_t>(axis), more...);
  }

  static ArrayRef<int64_t> shapeOf(Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  }

private:
  RankedTensorType broadcastType(Value a, Value b);
};

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_GRAPHBUILDER_H

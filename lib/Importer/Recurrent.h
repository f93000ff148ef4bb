//===- Recurrent.h - Recurrent layers while they are imported
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_RECURRENT_H
#define LW_LIB_IMPORTER_RECURRENT_H

#include "Node.h"
#include "lw/Dialect/IR/LwSequenceOps.h"

namespace mlir::lw::importer {

/// What the attributes of a recurrent node say.
struct RecurrentAttributes {
  lw::RecurrentKind kind;
  lw::RecurrentDirection direction = lw::RecurrentDirection::Forward;
  int64_t hidden = 0;
  bool inputForget = false, linearBeforeReset = false;
  /// Samples before steps.
  bool batchFirst = false;
  std::optional<float> clip;
  SmallVector<lw::RecurrentActivation> activations;

  static FailureOr<RecurrentAttributes> read(Node &node,
                                             lw::RecurrentKind kind);

  int64_t directions() const {
    return direction == lw::RecurrentDirection::Bidirectional ? 2 : 1;
  }
  int64_t gates() const { return lw::gatesOf(kind); }
  int64_t rows() const { return gates() * hidden; }
  bool isReverse(int64_t d) const {
    return d == 1 || direction == lw::RecurrentDirection::Reverse;
  }
};

/// Weights of 8 bits. Those of the inputs are `[I, D*G*H]`, with a scale and a
/// zero point for all or for each column; of the state, those of lw.recurrent.
struct IntegerWeights {
  TensorRef input, inputScale, inputZeroPoint;
  Value state, stateScales;
  DenseI32ArrayAttr stateZeroPoints;
};

/// A recurrent layer with its operands.
class RecurrentLayer {
public:
  RecurrentLayer(Node &node, const RecurrentAttributes &attributes)
      : node(node), build(node.build), a(attributes) {}

  /// The layer's weights for the inputs, `[I, D, G*H]`, and for the state,
  /// `[D, H, G*H]`.
  LogicalResult import(const TensorRef &inputWeights,
                       const TensorRef &stateWeights);
  LogicalResult import(const IntegerWeights &weights);

private:
  /// What a layer gives, in the order of dimensions of layout 0: states of all
  /// steps `[T, D, N, H]`, the last state and the last cell `[D, N, H]`.
  struct Outputs {
    Value all, hidden, cell;
  };

  LogicalResult import();
  LogicalResult checkOperands();
  LogicalResult checkShape(StringRef name, size_t i, ArrayRef<int64_t> shape);
  LogicalResult readLengths();
  void readBias();
  /// An initial state, null for zeros.
  Value initial(size_t i);
  FailureOr<Value> project(const TensorRef &input);
  FailureOr<Value> projectIntegers(const TensorRef &input);
  Outputs run(Value products, Value hidden, Value cell);
  Outputs runGroups(Value products, Value hidden, Value cell);
  void finish(const Outputs &outputs);

  Node &node;
  GraphBuilder &build;
  const RecurrentAttributes &a;
  int64_t steps = 0, batch = 0, inputs = 0;
  bool withCell = false;
  SmallVector<int64_t> lengths; // of the samples; empty where all are whole
  TensorRef filter;             // [1, 1, I, D*G*H]
  IntegerWeights integers;      // in place of it
  Value weights, bias, lastBias, peepholes;
};

/// The attributes, with the extents of the weights `[D, rows(i), columns(i)]`
/// checked; `transposed` weights have their rows last.
FailureOr<RecurrentAttributes> readRecurrent(Node &node, lw::RecurrentKind kind,
                                             bool transposed);

LogicalResult importQuantizedLstm(Node &node);

/// LSTM, GRU or RNN, as `op` says, whose sequence_lens, input 4, are known only
/// at run time.
LogicalResult importOfLengths(Node &node, StringRef op);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_RECURRENT_H

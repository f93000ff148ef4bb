//===- Broadcast.h - Operands of an element-wise operation
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_BROADCAST_H
#define LW_LIB_IMPORTER_BROADCAST_H

#include "Elements.h"

namespace mlir::lw::importer {

/// The operands of an element-wise operation with broadcasting: values of one
/// rank in one layout, extents equal or 1, as tosa wants them.
struct Broadcast {
  Shape shape; // of the result, in ONNX order
  Permutation layout;
  SmallVector<Value> values;

  /// Operands that are not `as` already are converted.
  LogicalResult collect(Node &node, ArrayRef<TensorRef> given,
                        Element as = Element::Float) {
    SmallVector<TensorRef> operands(given);
    if (as != Element::Float)
      for (TensorRef &operand : operands)
        operand = convert(node.build, operand, as);

    for (const TensorRef &operand : operands) {
      FailureOr<Shape> joined = node.broadcast(shape, operand->shape);
      if (failed(joined))
        return failure();
      shape = *joined;
    }
    layout = GraphBuilder::commonLayout(operands, shape.size());
    bool quantized = llvm::any_of(
        operands, [](const TensorRef &x) { return x->integers != nullptr; });
    for (const TensorRef &operand : operands) {
      Shape extended(shape.size() - operand->shape.size(), 1);
      extended.append(operand->shape);
      TensorRef whole = node.build.reshape(operand, extended);
      if (quantized)
        if (TensorRef kept = node.build.keepIntegers(whole))
          whole = kept;
      values.push_back(node.build.get(whole, layout));
    }
    return success();
  }
};

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_BROADCAST_H

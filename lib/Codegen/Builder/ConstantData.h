//===- ConstantData.h - Elements of a constant, of any type
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_BUILDER_CONSTANTDATA_H
#define LW_LIB_CODEGEN_BUILDER_CONSTANTDATA_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::lw {

/// What a kernel reads as a constant, packed in the order in which it is read:
/// a one-dimensional array of elements of one type.
class ConstantData {
public:
  static ConstantData get(MLIRContext *context, ArrayRef<float> elements) {
    return make(Float32Type::get(context), elements);
  }
  static ConstantData get(MLIRContext *context, ArrayRef<int32_t> elements) {
    return make(IntegerType::get(context, 32), elements);
  }
  static ConstantData get(MLIRContext *context, ArrayRef<int8_t> elements) {
    return make(IntegerType::get(context, 8), elements);
  }
  /// The elements of a constant value in row-major order.
  static ConstantData get(DenseElementsAttr elements) {
    auto type = RankedTensorType::get({elements.getNumElements()},
                                      elements.getElementType());
    return ConstantData(elements.isSplat() ? elements.resizeSplat(type)
                                           : elements.reshape(type));
  }

  int64_t size() const { return elements.getNumElements(); }
  Type getType() const { return elements.getElementType(); }
  DenseElementsAttr getElements() const { return elements; }

private:
  template <typename T>
  static ConstantData make(Type type, ArrayRef<T> elements) {
    auto tensor =
        RankedTensorType::get({static_cast<int64_t>(elements.size())}, type);
    return ConstantData(DenseElementsAttr::get(tensor, elements));
  }

  explicit ConstantData(DenseElementsAttr elements) : elements(elements) {}

  DenseElementsAttr elements;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_BUILDER_CONSTANTDATA_H

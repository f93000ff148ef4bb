//===- ConstantData.h - Elements of a constant, of any type
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CODEGEN_BUILDER_CONSTANTDATA_H
#define LW_LIB_CODEGEN_BUILDER_CONSTANTDATA_H

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include <memory>
#include <vector>

namespace mlir::lw {

/// What a kernel reads as a constant, packed in the order in which it is read:
/// a one-dimensional array of elements of one type. Copies share the elements.
class ConstantData {
public:
  static ConstantData get(MLIRContext *context, std::vector<float> elements) {
    return make(Float32Type::get(context), std::move(elements));
  }
  static ConstantData get(MLIRContext *context, std::vector<int32_t> elements) {
    return make(IntegerType::get(context, 32), std::move(elements));
  }
  static ConstantData get(MLIRContext *context, std::vector<int8_t> elements) {
    return make(IntegerType::get(context, 8), std::move(elements));
  }
  /// The bits of bf16.
  static ConstantData get(MLIRContext *context,
                          std::vector<uint16_t> elements) {
    return make(BFloat16Type::get(context), std::move(elements));
  }
  /// The elements of a constant value in row-major order.
  static ConstantData get(DenseElementsAttr elements);

  int64_t size() const { return type.getNumElements(); }
  Type getType() const { return type.getElementType(); }

  /// The elements as they lie in memory; none where they are all one value that
  /// is stored once, or bits.
  ArrayRef<char> getBytes() const { return bytes; }
  /// The elements as an attribute, whose memory lives as long as the context.
  DenseElementsAttr getAttribute() const;
  /// The elements in memory that an operation may own.
  AsmResourceBlob getBlob() const;

private:
  template <typename T>
  static ConstantData make(Type element, std::vector<T> elements) {
    auto owned = std::make_shared<std::vector<T>>(std::move(elements));
    ConstantData result;
    result.type =
        RankedTensorType::get({static_cast<int64_t>(owned->size())}, element);
    result.bytes = ArrayRef(reinterpret_cast<const char *>(owned->data()),
                            owned->size() * sizeof(T));
    result.owner = std::move(owned);
    return result;
  }

  RankedTensorType type;
  ArrayRef<char> bytes;
  /// Of `bytes`.
  std::shared_ptr<const void> owner;
  /// Of what is one value, or bits.
  DenseElementsAttr attribute;
};

} // namespace mlir::lw

#endif // LW_LIB_CODEGEN_BUILDER_CONSTANTDATA_H

//===- TensorData.h - Reading ONNX tensors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_TENSORDATA_H
#define LW_LIB_IMPORTER_TENSORDATA_H

#include "Constant.h"
#include "Proto.h"
#include "llvm/Support/Error.h"

namespace mlir::lw::importer {

/// Types of elements of newer versions of ONNX, TensorProto.DataType.
constexpr int32_t kUint4 = 21, kInt4 = 22;

/// "float16" for 10, a TensorProto.DataType.
std::string elementTypeName(int64_t type);

/// The elements of `tensor` in every encoding that ONNX knows: raw bytes, typed
/// fields, or a file in `folder` (the folder of the model; nothing outside of
/// it is read). Fails on a shape that does not fit the data and on NaN.
llvm::Expected<ConstantRef> readTensor(const ::onnx::TensorProto &tensor,
                                       StringRef folder);

/// The same of a sparse tensor, with its zeros.
llvm::Expected<ConstantRef>
readSparseTensor(const ::onnx::SparseTensorProto &tensor, StringRef folder);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_TENSORDATA_H

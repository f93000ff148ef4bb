//===- SparseTensor.cpp - Sparse constants, with their zeros
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "TensorData.h"

using namespace mlir;
using namespace mlir::lw::importer;
using llvm::createStringError;

llvm::Expected<ConstantRef>
mlir::lw::importer::readSparseTensor(const ::onnx::SparseTensorProto &tensor,
                                     StringRef folder) {
  Shape shape(tensor.dims().begin(), tensor.dims().end());
  std::optional<int64_t> count = countElements(shape);
  if (!count || *count > kMaxFoldedElements)
    return createStringError("a sparse tensor of more than 2^24 elements is "
                             "not supported");
  llvm::Expected<ConstantRef> values = readTensor(tensor.values(), folder);
  if (!values)
    return values.takeError();
  llvm::Expected<ConstantRef> indices = readTensor(tensor.indices(), folder);
  if (!indices)
    return indices.takeError();
  // A position for each value, or a coordinate in each dimension.
  int64_t size = (*values)->size(), rank = shape.size();
  bool isLinear = (*indices)->shape.size() == 1;
  if ((*indices)->isFloat || (*indices)->size() != size * (isLinear ? 1 : rank))
    return createStringError("expects an index for each value of a sparse "
                             "tensor");
  Shape strides = computeStrides(shape);
  std::vector<float> floats((*values)->isFloat ? *count : 0);
  std::vector<int64_t> ints((*values)->isFloat ? 0 : *count);
  for (int64_t i = 0; i < size; ++i) {
    int64_t at = 0;
    if (isLinear)
      at = (*indices)->ints[i];
    for (int64_t d = 0; !isLinear && d < rank; ++d) {
      int64_t index = (*indices)->ints[i * rank + d];
      if (index < 0 || index >= shape[d])
        return createStringError("an index of a sparse tensor is outside of "
                                 "its shape");
      at += index * strides[d];
    }
    if (at < 0 || at >= *count)
      return createStringError("an index of a sparse tensor is outside of its "
                               "shape");
    if ((*values)->isFloat)
      floats[at] = (*values)->floats[i];
    else
      ints[at] = (*values)->ints[i];
  }
  return (*values)->isFloat
             ? makeFloats(shape, std::move(floats))
             : makeInts(shape, std::move(ints), (*values)->fileType);
}

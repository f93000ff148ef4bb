//===- InputType.cpp - Shape and element type of a network's input
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "InputType.h"
#include "TensorData.h"

using namespace mlir;
using namespace mlir::lw::importer;
using llvm::createStringError;

llvm::Expected<InputType>
mlir::lw::importer::readInputType(const ::onnx::ValueInfoProto &input,
                                  MLIRContext *context, int64_t batch) {
  std::string name = "input '" + input.name() + "'";
  if (!input.type().has_tensor_type())
    return createStringError(name + " is not a tensor");
  const auto &tensor = input.type().tensor_type();
  InputType result;
  std::optional<EdgeType> edge = EdgeType::get(context, tensor.elem_type());
  if (!edge)
    return createStringError(name + " has element type " +
                             elementTypeName(tensor.elem_type()) +
                             "; floats of 16 to 64 bits, integers of 8 to 64 "
                             "and bool are supported");
  result.edge = *edge;
  if (!tensor.has_shape())
    return createStringError(name +
                             " has no shape; give it one, for example with "
                             "onnx.tools.update_model_dims");
  std::string batchName;
  for (auto [i, dim] : llvm::enumerate(tensor.shape().dim())) {
    if (dim.has_dim_value() && dim.dim_value() != -1) {
      result.shape.push_back(dim.dim_value());
      continue;
    }
    if (i == 0)
      batchName = dim.dim_param();
    if (i > 0 && (dim.dim_param().empty() || dim.dim_param() != batchName))
      return createStringError(
          name + ": dimension " + Twine(i) + " is symbolic ('" +
          dim.dim_param() +
          "'); only the first one, the batch, may be: fix the others, for "
          "example with onnx.tools.update_model_dims");
    result.shape.push_back(batch);
  }
  for (int64_t extent : result.shape)
    if (extent < 1)
      return createStringError(name +
                               ": expects extents of at least 1, found " +
                               formatShape(result.shape));
  if (!countElements(result.shape))
    return createStringError(name + ": shape " + formatShape(result.shape) +
                             " has more than 2^31 elements");
  return result;
}

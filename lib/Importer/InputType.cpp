//===- InputType.cpp - Shapes and element types of inputs and outputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "InputType.h"
#include "TensorData.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::lw::importer;
using llvm::createStringError;
using Dimension = ::onnx::TensorShapeProto_Dimension;

static bool isSymbolic(const Dimension &dim) {
  return !dim.has_dim_value() || dim.dim_value() == -1;
}

/// The name of a symbolic dimension; empty where it has none, for which some
/// exporters write a question mark.
static StringRef nameOf(const Dimension &dim) {
  StringRef name = dim.dim_param();
  return name == "?" || name == "-1" || name == "None" ? StringRef() : name;
}

/// `x:1x3xHxW`: what is known, names and question marks.
static std::string describeShape(const ::onnx::ValueInfoProto &input) {
  std::string result = input.name() + ":";
  for (auto [i, dim] :
       llvm::enumerate(input.type().tensor_type().shape().dim())) {
    result += i ? "x" : "";
    if (!isSymbolic(dim) && dim.dim_value() > 0)
      result += std::to_string(dim.dim_value());
    else if (i == 0)
      result += "1";
    else
      result += nameOf(dim).empty() ? "?" : nameOf(dim);
  }
  return result;
}

llvm::StringSet<> mlir::lw::importer::batchNames(
    const google::protobuf::RepeatedPtrField<::onnx::ValueInfoProto> &inputs) {
  llvm::StringSet<> names;
  for (const ::onnx::ValueInfoProto &input : inputs) {
    const auto &shape = input.type().tensor_type().shape();
    if (shape.dim_size() && isSymbolic(shape.dim(0)) &&
        !nameOf(shape.dim(0)).empty())
      names.insert(nameOf(shape.dim(0)));
  }
  return names;
}

/// The extents of an input, or why one is not known.
static llvm::Error readShape(const ::onnx::ValueInfoProto &input,
                             const mlir::lw::InputShapes &wanted,
                             const llvm::StringSet<> &batches,
                             InputType &result) {
  std::string name = "input '" + input.name() + "'";
  const auto &tensor = input.type().tensor_type();
  for (const auto &[key, shape] : wanted.shapes) {
    if (key != input.name())
      continue;
    if (tensor.has_shape() &&
        tensor.shape().dim_size() != static_cast<int>(shape.size()))
      return createStringError(
          "--shape=" + input.name() + ": " + Twine(shape.size()) +
          " extents, the input has " + Twine(tensor.shape().dim_size()) +
          ": --shape=" + describeShape(input));
    result.shape.assign(shape.begin(), shape.end());
    return llvm::Error::success();
  }
  if (!tensor.has_shape())
    return createStringError(name + " has no shape; give it one with --shape=" +
                             input.name() + ":1x3x224x224");
  for (int i = 0; i < tensor.shape().dim_size(); ++i) {
    const Dimension &dim = tensor.shape().dim(i);
    bool isSingle = tensor.shape().dim_size() > 1 && i == 0 &&
                    dim.dim_value() == 1 && !isSymbolic(dim);
    if (isSingle && wanted.batch && *wanted.batch != 1) {
      result.hasOtherBatch = true;
      result.shape.push_back(*wanted.batch);
      continue;
    }
    if (!isSymbolic(dim)) {
      result.shape.push_back(dim.dim_value());
      continue;
    }
    auto given = llvm::find_if(wanted.dims, [&](const auto &entry) {
      return entry.first == nameOf(dim);
    });
    if (!nameOf(dim).empty() && given != wanted.dims.end()) {
      result.shape.push_back(given->second);
      continue;
    }
    if (i > 0 && !batches.contains(nameOf(dim)))
      return createStringError(
          name + ": dimension " + Twine(i) + " is symbolic ('" +
          dim.dim_param() + "'); fix it with " +
          (nameOf(dim).empty() ? Twine()
                               : "--dim " + Twine(nameOf(dim)) + "=N or ") +
          "--shape=" + describeShape(input));
    result.shape.push_back(wanted.batch.value_or(1));
  }
  return llvm::Error::success();
}

llvm::Expected<InputType> mlir::lw::importer::readInputType(
    const ::onnx::ValueInfoProto &input, MLIRContext *context,
    const InputShapes &wanted, const llvm::StringSet<> &batches) {
  std::string name = "input '" + input.name() + "'";
  if (!input.type().has_tensor_type())
    return createStringError(name + " is not a tensor");
  InputType result;
  int32_t type = input.type().tensor_type().elem_type();
  std::optional<EdgeType> edge = EdgeType::get(context, type);
  if (!edge)
    return createStringError(name + " has element type " +
                             elementTypeName(type) +
                             "; floats of 16 to 64 bits, integers of 8 to 64 "
                             "and bool are supported");
  result.edge = *edge;
  if (llvm::Error error = readShape(input, wanted, batches, result))
    return std::move(error);
  for (int64_t extent : result.shape)
    if (extent < 1)
      return createStringError(name +
                               ": expects extents of at least 1, found " +
                               formatShape(result.shape) +
                               "; fix it with --shape=" + describeShape(input));
  if (static_cast<int64_t>(result.shape.size()) > kMaxRank)
    return createStringError(
        name + ": tensors of rank " + Twine(result.shape.size()) +
        " are not supported, only up to " + Twine(kMaxRank));
  if (!countElements(result.shape))
    return createStringError(name + ": shape " + formatShape(result.shape) +
                             " has more than 2^31 elements");
  return result;
}

llvm::Expected<ConstantRef>
mlir::lw::importer::readInputValue(StringRef name, const InputType &type,
                                   const InputShapes &wanted) {
  for (const auto &[input, numbers] : wanted.values) {
    if (input != name)
      continue;
    size_t count = *countElements(type.shape);
    if (numbers.size() != count && numbers.size() != 1)
      return createStringError(
          "--input-value=" + name + ": " + Twine(numbers.size()) +
          " numbers, the input is of shape " + formatShape(type.shape));
    std::vector<double> all(numbers);
    all.resize(count, numbers.front());
    if (type.edge.element == Element::Float)
      return makeFloats(type.shape, std::vector<float>(all.begin(), all.end()));
    std::vector<int64_t> whole;
    for (double number : all) {
      if (number != std::trunc(number) || !(std::abs(number) < 1e18))
        return createStringError("--input-value=" + name +
                                 ": the input holds integers");
      whole.push_back(static_cast<int64_t>(number));
    }
    return makeInts(type.shape, std::move(whole), type.edge.dataType);
  }
  return ConstantRef();
}

llvm::Error mlir::lw::importer::checkInputShapes(
    ArrayRef<const ::onnx::ValueInfoProto *> inputs,
    const InputShapes &wanted) {
  llvm::SetVector<StringRef> names, dims;
  std::vector<std::string> shapes, dimNames;
  for (const ::onnx::ValueInfoProto *input : inputs) {
    names.insert(input->name());
    shapes.push_back(describeShape(*input));
    for (const Dimension &dim : input->type().tensor_type().shape().dim())
      if (isSymbolic(dim) && !nameOf(dim).empty() && dims.insert(nameOf(dim)))
        dimNames.push_back("'" + dim.dim_param() + "'");
  }
  for (const auto &[name, shape] : wanted.shapes)
    if (!names.contains(name))
      return createStringError("--shape: no input is called '" + name +
                               "'; the inputs are " + llvm::join(shapes, ", "));
  for (const auto &[name, numbers] : wanted.values)
    if (!names.contains(name))
      return createStringError("--input-value: no input is called '" + name +
                               "'; the inputs are " + llvm::join(shapes, ", "));
  for (const auto &[name, extent] : wanted.dims)
    if (!dims.contains(name))
      return createStringError(
          "--dim: no symbolic dimension is called '" + name + "'; there " +
          (dimNames.empty() ? "are none"
                            : "are " + llvm::join(dimNames, ", ")) +
          ": the inputs are " + llvm::join(shapes, ", "));
  return llvm::Error::success();
}

EdgeType mlir::lw::importer::outputType(MLIRContext *context,
                                        const ::onnx::ValueInfoProto &output,
                                        const TensorRef &tensor) {
  Element held = elementOf(tensor);
  auto declared =
      EdgeType::get(context, output.type().tensor_type().elem_type());
  if (declared && (declared->element == held ||
                   (isWide(declared->element) && isWide(held))))
    return *declared;
  return *EdgeType::get(context, dataTypeOf(held));
}

DictionaryAttr mlir::lw::importer::describeEdge(Builder &builder,
                                                StringRef name,
                                                const EdgeType &edge) {
  NamedAttrList attributes;
  attributes.set("lw.name", builder.getStringAttr(name));
  if (edge.isUnsigned)
    attributes.set("lw.unsigned", builder.getUnitAttr());
  if (edge.isBool())
    attributes.set("lw.bool", builder.getUnitAttr());
  return attributes.getDictionary(builder.getContext());
}

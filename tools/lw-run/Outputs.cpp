//===- Outputs.cpp - What becomes of a network's outputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Outputs.h"
#include "lw/IO/Elements.h"
#include "lw/Support/Table.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;
using llvm::StringRef;

/// The shape of the outputs of all samples put together.
static llvm::Expected<std::vector<int64_t>> wholeShape(const TensorInfo &tensor,
                                                       const RunCount &count) {
  std::vector<int64_t> shape = tensor.shape;
  if (shape.empty() && count.runs != 1)
    shape = {1};
  if (count.missing && (shape.empty() || shape[0] % count.batch != 0))
    return createStringError(
        "output '%s' of shape (%s) is not one for each of the %lld samples of "
        "a run, of which the last lacks %lld: give a multiple of %lld samples",
        tensor.name.c_str(), joinExtents(tensor.shape).c_str(),
        static_cast<long long>(count.batch),
        static_cast<long long>(count.missing),
        static_cast<long long>(count.batch));
  if (!shape.empty())
    shape[0] = shape[0] * count.runs - shape[0] / count.batch * count.missing;
  return shape;
}

/// Reads the labels of `samples` samples, below `classes`.
static llvm::Expected<std::vector<int64_t>>
readClasses(StringRef path, int64_t samples, int64_t classes) {
  auto labels = readLabels(path, samples);
  if (!labels)
    return labels;
  for (auto [i, label] : llvm::enumerate(*labels))
    if (label < 0 || label >= classes)
      return createStringError(
          "%s: label %zu is %lld, expected 0 to %lld", path.str().c_str(), i,
          static_cast<long long>(label), static_cast<long long>(classes - 1));
  return labels;
}

llvm::Expected<OutputCollector>
OutputCollector::create(const ModelInfo &info, const RunCount &count,
                        StringRef labels, int64_t labelOffset, StringRef path) {
  if (!path.empty() && !path.ends_with_insensitive(".npz") &&
      info.outputs.size() != 1)
    return createStringError("'%s' holds one array, the network has %zu "
                             "outputs: write an .npz file",
                             path.str().c_str(), info.outputs.size());
  OutputCollector result;
  result.path = path.str();
  result.labelOffset = labelOffset;
  for (const TensorInfo &tensor : info.outputs) {
    Output output{tensor,
                  {},
                  std::numeric_limits<float>::infinity(),
                  -std::numeric_limits<float>::infinity()};
    output.array.dtype = npyTypeOf(tensor.type);
    auto shape = wholeShape(tensor, count);
    if (!shape)
      return shape.takeError();
    output.array.shape = std::move(*shape);
    output.left = output.array.numElements() * tensor.elementBytes();
    if (!path.empty())
      output.array.data.reserve(output.left);
    result.outputs.push_back(std::move(output));
  }
  if (labels.empty())
    return result;
  if (info.outputs.size() != 1 || !isFloatType(info.outputs[0].type))
    return createStringError(
        "--labels needs a network with one output of floats, "
        "the scores of the classes");
  const TensorInfo &tensor = info.outputs[0];
  int64_t batch = tensor.shape.empty() ? 1 : tensor.shape[0];
  result.classes = batch ? tensor.numElements() / batch : 0;
  if (result.classes - labelOffset < 2)
    return createStringError("--labels: the output has %lld scores a sample, "
                             "%lld of them before --label-offset",
                             static_cast<long long>(result.classes),
                             static_cast<long long>(labelOffset));
  auto values = readClasses(labels, batch * count.runs - count.missing,
                            result.classes - labelOffset);
  if (!values)
    return values.takeError();
  result.labels = std::move(*values);
  return result;
}

void OutputCollector::add(size_t index, llvm::ArrayRef<char> bytes) {
  Output &output = outputs[index];
  bytes = bytes.take_front(std::min(bytes.size(), output.left));
  output.left -= bytes.size();
  if (!path.empty())
    output.array.data.insert(output.array.data.end(), bytes.begin(),
                             bytes.end());
  std::vector<float> decoded;
  llvm::ArrayRef<float> values(reinterpret_cast<const float *>(bytes.data()),
                               bytes.size() / sizeof(float));
  if (output.tensor.type != "f32") {
    decoded = decodeFloats(bytes, output.tensor.type);
    values = decoded;
  }
  for (float value : values) {
    output.invalid += !std::isfinite(value);
    output.minimum = std::min(output.minimum, value);
    output.maximum = std::max(output.maximum, value);
  }
  if (labels.empty())
    return;
  for (; !values.empty(); values = values.drop_front(classes))
    accuracy.add(values.take_front(classes).drop_front(labelOffset),
                 labels[accuracy.samples]);
}

llvm::Error OutputCollector::write() const {
  if (path.empty())
    return llvm::Error::success();
  if (!StringRef(path).ends_with_insensitive(".npz"))
    return writeNpyFile(path, outputs.front().array);
  std::vector<std::string> names;
  for (const Output &output : outputs)
    names.push_back(output.tensor.name);
  NpzFile file;
  for (auto [key, output] : llvm::zip(npzKeys(names), outputs))
    file.arrays.emplace_back(key, output.array);
  return writeNpzFile(path, file);
}

void OutputCollector::print(llvm::raw_ostream &os) const {
  for (const Output &output : outputs) {
    os << "output '" << output.tensor.name << "': " << output.array.describe();
    if (output.array.numElements())
      os << llvm::format(", minimum %g, maximum %g", output.minimum,
                         output.maximum);
    if (output.invalid)
      os << ", " << output.invalid << " values not finite";
    os << '\n';
  }
  if (labels.empty())
    return;
  auto line = [&](const char *name, int64_t count, double percent) {
    os << llvm::format("%s: %lld of %lld (%.2f %%)\n", name,
                       static_cast<long long>(count),
                       static_cast<long long>(accuracy.samples), percent);
  };
  line("top-1", accuracy.top1, accuracy.top1Percent());
  line("top-5", accuracy.top5, accuracy.top5Percent());
  if (accuracy.invalid)
    os << accuracy.invalid << " samples have scores that are not numbers; they "
       << "count as wrong\n";
}

llvm::json::Array OutputCollector::outputsToJson() const {
  llvm::json::Array result;
  for (const Output &output : outputs) {
    llvm::json::Object object{{"name", llvm::json::fixUTF8(output.tensor.name)},
                              {"type", output.tensor.type},
                              {"shape", llvm::json::Array(output.array.shape)},
                              {"not_finite", output.invalid}};
    // JSON has no infinity.
    if (std::isfinite(output.minimum) && std::isfinite(output.maximum)) {
      object["minimum"] = output.minimum;
      object["maximum"] = output.maximum;
    }
    result.push_back(std::move(object));
  }
  return result;
}

llvm::json::Object OutputCollector::accuracyToJson() const {
  return llvm::json::Object{{"samples", accuracy.samples},
                            {"top1", accuracy.top1},
                            {"top5", accuracy.top5},
                            {"top1_percent", accuracy.top1Percent()},
                            {"top5_percent", accuracy.top5Percent()}};
}

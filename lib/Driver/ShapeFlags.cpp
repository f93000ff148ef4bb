//===- ShapeFlags.cpp - Flags for the extents of a network's inputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/ShapeFlags.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using llvm::createStringError;
namespace cl = llvm::cl;

lw::ShapeFlags::ShapeFlags(cl::OptionCategory &category)
    : batch(
          "batch", cl::cat(category), cl::init(1), cl::value_desc("N"),
          cl::desc("Batch size where the file leaves it open, or an ONNX file "
                   "fixes it at 1 (1)")),
      shapes(
          "shape", cl::cat(category), cl::value_desc("input:1x3x48x320"),
          cl::desc("Shape of an input, in place of the ONNX file's (of MLIR, "
                   "the extents that it leaves open); once for each, or "
                   "several times (lwc) for one library that takes any of "
                   "them")),
      dims("dim", cl::cat(category), cl::value_desc("name=640"),
           cl::desc("Extent of a symbolic dimension, by its name in the ONNX "
                    "file; once for each")),
      values("input-value", cl::cat(category), cl::value_desc("rate:16000"),
             cl::desc("Number, or numbers with commas, in the place of an "
                      "input; once for each")) {}

bool lw::ShapeFlags::anyGiven() const {
  return batch.getNumOccurrences() || !shapes.empty() || !dims.empty() ||
         !values.empty();
}

/// A positive number of a shape.
static bool parseExtent(StringRef text, int64_t &extent) {
  return !text.getAsInteger(10, extent) && extent > 0;
}

llvm::Expected<lw::InputShapes> lw::ShapeFlags::get() const {
  auto all = getAll();
  if (!all)
    return all.takeError();
  if (all->size() > 1)
    return createStringError(
        "--shape: the shape of an input is given %zu times; libraries of "
        "several shapes are made by lwc",
        all->size());
  return std::move(all->front());
}

/// The shapes of every input, in the order of the flags, as sets of one shape
/// for each input.
static llvm::Error
spread(ArrayRef<std::pair<std::string, std::vector<int64_t>>> given,
       lw::InputShapes common, std::vector<lw::InputShapes> &sets) {
  llvm::MapVector<StringRef, SmallVector<std::vector<int64_t>>> byName;
  size_t count = 1;
  for (const auto &[name, shape] : given) {
    byName[name].push_back(shape);
    count = std::max(count, byName[name].size());
  }
  sets.assign(count, std::move(common));
  for (const auto &[name, shapes] : byName) {
    if (shapes.size() != 1 && shapes.size() != count)
      return createStringError("--shape: '%s' has %zu shapes, another input "
                               "%zu; each needs as many, "
                               "or one",
                               name.str().c_str(), shapes.size(), count);
    for (auto [i, set] : llvm::enumerate(sets))
      set.shapes.emplace_back(name.str(), shapes[shapes.size() == 1 ? 0 : i]);
  }
  return llvm::Error::success();
}

llvm::Expected<std::vector<lw::InputShapes>> lw::ShapeFlags::getAll() const {
  InputShapes result;
  std::vector<std::pair<std::string, std::vector<int64_t>>> given;
  if (batch < 1)
    return createStringError("--batch=%lld: expected at least 1",
                             static_cast<long long>(batch));
  if (batch.getNumOccurrences())
    result.batch = batch;
  for (const std::string &flag : shapes) {
    // Names may have colons.
    StringRef name, text;
    std::tie(name, text) = StringRef(flag).rsplit(':');
    std::vector<int64_t> shape;
    SmallVector<StringRef> extents;
    if (!text.empty())
      text.split(extents, 'x');
    bool isGood = StringRef(flag).contains(':') && !name.empty();
    for (StringRef piece : extents)
      isGood &= parseExtent(piece, shape.emplace_back());
    if (!isGood)
      return createStringError("--shape=%s: expected the name of an input and "
                               "its extents, such as x:1x3x224x224",
                               flag.c_str());
    given.emplace_back(name.str(), std::move(shape));
  }
  for (const std::string &flag : dims) {
    StringRef name, text;
    std::tie(name, text) = StringRef(flag).rsplit('=');
    int64_t extent = 0;
    if (name.empty() || !parseExtent(text, extent))
      return createStringError("--dim=%s: expected the name of a symbolic "
                               "dimension and its extent, such as height=640",
                               flag.c_str());
    if (llvm::any_of(result.dims,
                     [&](const auto &entry) { return entry.first == name; }))
      return createStringError("--dim=%s: the dimension has an extent already",
                               flag.c_str());
    result.dims.emplace_back(name.str(), extent);
  }
  for (const std::string &flag : values) {
    StringRef name, text;
    std::tie(name, text) = StringRef(flag).rsplit(':');
    SmallVector<StringRef> pieces;
    text.split(pieces, ',');
    std::vector<double> numbers;
    bool isGood = StringRef(flag).contains(':') && !name.empty();
    for (StringRef piece : pieces)
      isGood &= !piece.getAsDouble(numbers.emplace_back());
    if (!isGood)
      return createStringError("--input-value=%s: expected the name of an "
                               "input and its numbers, such as rate:16000",
                               flag.c_str());
    if (llvm::any_of(result.values,
                     [&](const auto &entry) { return entry.first == name; }))
      return createStringError(
          "--input-value=%s: the input has a value already", flag.c_str());
    result.values.emplace_back(name.str(), std::move(numbers));
  }
  std::vector<InputShapes> sets;
  if (llvm::Error error = spread(given, std::move(result), sets))
    return std::move(error);
  return sets;
}

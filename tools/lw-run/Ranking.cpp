//===- Ranking.cpp - The best classes of images
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Ranking.h"
#include "lw/IO/Elements.h"
#include "lw/Support/Accuracy.h"
#include "lw/Support/Table.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

llvm::Expected<std::optional<Ranking>>
Ranking::create(const ModelInfo &info, llvm::ArrayRef<std::string> paths,
                std::vector<std::string> classNames) {
  if (paths.empty())
    return std::nullopt;
  Ranking result;
  if (info.outputs.size() == 1 && isFloatType(info.outputs[0].type) &&
      info.outputs[0].shape.size() >= 2) {
    const TensorInfo &tensor = info.outputs[0];
    result.type = tensor.type;
    result.classes = tensor.shape[classDimension(tensor.shape)];
    if (result.classes * tensor.shape[0] != tensor.numElements())
      result.classes = 0;
  }
  if (!classNames.empty() &&
      static_cast<int64_t>(classNames.size()) != result.classes)
    return createStringError(
        "--class-names: the file has %zu names, the network %lld classes",
        classNames.size(), static_cast<long long>(result.classes));
  if (!result.classes)
    return std::nullopt;
  result.paths = paths;
  result.classNames = std::move(classNames);
  return result;
}

void Ranking::add(llvm::ArrayRef<char> bytes) {
  std::vector<float> values = decodeFloats(bytes, type);
  for (llvm::ArrayRef<float> left = values;
       !left.empty() && best.size() < paths.size();
       left = left.drop_front(classes)) {
    llvm::ArrayRef<float> scores = left.take_front(classes);
    std::vector<int64_t> order(classes);
    std::iota(order.begin(), order.end(), 0);
    // Of equal ones the first; what is no number comes last.
    auto isBetter = [&](int64_t a, int64_t b) {
      bool aIsNumber = !std::isnan(scores[a]),
           bIsNumber = !std::isnan(scores[b]);
      if (aIsNumber != bIsNumber)
        return aIsNumber;
      if (aIsNumber && scores[a] != scores[b])
        return scores[a] > scores[b];
      return a < b;
    };
    int64_t shown = std::min<int64_t>(5, classes);
    std::partial_sort(order.begin(), order.begin() + shown, order.end(),
                      isBetter);
    std::vector<Entry> &entries = best.emplace_back();
    for (int64_t i = 0; i < shown; ++i)
      entries.push_back({order[i], scores[order[i]]});
  }
}

void Ranking::print(llvm::raw_ostream &os) const {
  for (auto [path, entries] : llvm::zip(paths, best)) {
    os << path << '\n';
    Table table({{"score", Table::Right},
                 {"class", Table::Right},
                 {classNames.empty() ? "" : "name", Table::Left}});
    for (const Entry &entry : entries)
      table.add({llvm::formatv("{0:f4}", entry.score),
                 std::to_string(entry.index),
                 classNames.empty() ? "" : classNames[entry.index]});
    table.print(os);
  }
}

llvm::json::Array Ranking::toJson() const {
  llvm::json::Array images;
  for (auto [path, entries] : llvm::zip(paths, best)) {
    llvm::json::Array classes;
    for (const Entry &entry : entries) {
      llvm::json::Object object{{"class", entry.index}};
      // JSON has no infinity.
      if (std::isfinite(entry.score))
        object["score"] = entry.score;
      if (!classNames.empty())
        object["name"] = classNames[entry.index];
      classes.push_back(std::move(object));
    }
    images.push_back(llvm::json::Object{{"path", llvm::json::fixUTF8(path)},
                                        {"best", std::move(classes)}});
  }
  return images;
}

//===- Vocabulary.cpp - Occurrences of numbers: TfIdfVectorizer and Unique
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Elements.h"
#include "Families.h"
#include <map>
#include <numeric>

using namespace mlir;
using namespace mlir::lw::importer;

//===----------------------------------------------------------------------===//
// TfIdfVectorizer
//===----------------------------------------------------------------------===//

namespace {

/// Sequences of integers that are counted, in the order of the file.
struct Grams {
  std::vector<int64_t> pool;
  Shape firsts;  // where the sequences of length i + 1 begin in the pool
  Shape columns; // of the result, for each sequence
  int64_t shortest = 0, longest = 0, skips = 0;

  int64_t end(int64_t length) const {
    return length < static_cast<int64_t>(firsts.size())
               ? firsts[length]
               : static_cast<int64_t>(pool.size());
  }
  int64_t count(int64_t length) const {
    return (end(length) - firsts[length - 1]) / length;
  }
};

} // namespace

static FailureOr<Grams> readGrams(Node &node) {
  Grams grams;
  std::optional<Shape> pool = node.intsAttr("pool_int64s");
  if (!pool)
    return node.error("expects attribute 'pool_int64s'; sequences of strings "
                      "are not supported, number them before");
  grams.pool.assign(pool->begin(), pool->end());
  grams.firsts = node.intsAttr("ngram_counts").value_or(Shape());
  grams.columns = node.intsAttr("ngram_indexes").value_or(Shape());
  grams.shortest = node.intAttr("min_gram_length", 1);
  grams.longest = node.intAttr("max_gram_length", 1);
  grams.skips = node.intAttr("max_skip_count", 0);
  int64_t size = grams.pool.size(), lengths = grams.firsts.size(), count = 0;
  if (lengths == 0 || grams.firsts[0] != 0)
    return node.error("expects attribute 'ngram_counts' to begin with 0");
  for (int64_t length = 1; length <= lengths; ++length) {
    int64_t first = grams.firsts[length - 1], end = grams.end(length);
    if (first < 0 || end < first || end > size || (end - first) % length)
      return node.error("expects attribute 'ngram_counts' to give whole "
                        "sequences of " +
                        Twine(length) + " among " + Twine(size) + " numbers");
    count += grams.count(length);
  }
  if (static_cast<int64_t>(grams.columns.size()) != count || count == 0)
    return node.error("expects attribute 'ngram_indexes' of " + Twine(count) +
                      " numbers, found " + Twine(grams.columns.size()));
  Shape sorted = grams.columns;
  llvm::sort(sorted);
  if (sorted.front() < 0 || sorted.back() > kMaxFoldedElements ||
      std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return node.error("expects attribute 'ngram_indexes' of numbers from 0 on, "
                      "no two of them equal");
  if (grams.shortest < 1 || grams.longest < grams.shortest ||
      grams.longest > lengths || grams.skips < 0)
    return node.error("expects min_gram_length from 1 and max_gram_length from "
                      "there to " +
                      Twine(lengths) + ", and no negative max_skip_count");
  return grams;
}

/// How often each sequence of `length` stands in the rows of `x`, [N, L], its
/// numbers `distance` apart; null where rows are shorter.
static TensorRef countGrams(Composition &c, const TensorRef &x,
                            const Grams &grams, int64_t length,
                            int64_t distance) {
  int64_t rows = x->shape[0], count = grams.count(length);
  int64_t places = x->shape[1] - (length - 1) * distance;
  if (places < 1 || count == 0)
    return nullptr;
  TensorRef found;
  for (int64_t i = 0; i < length; ++i) {
    std::vector<int64_t> wanted;
    for (int64_t gram = 0; gram < count; ++gram)
      wanted.push_back(
          grams.pool[grams.firsts[length - 1] + gram * length + i]);
    TensorRef part =
        c.op("Slice", {x, c.integers({i * distance}),
                       c.integers({i * distance + places}), c.integers({1})});
    TensorRef equal =
        c.op("Equal", {c.reshape(part, {rows, places, 1}), c.integers(wanted)});
    found = found ? c.op("And", {found, equal}) : equal;
  }
  TensorRef ones = c.op("Cast", found,
                        c.attribute("to", int64_t(::onnx::TensorProto::FLOAT)));
  return c.op("ReduceSum", {ones, c.integers({1})},
              c.attribute("keepdims", int64_t(0)));
}

static LogicalResult importTfIdf(Node &node) {
  FailureOr<Grams> grams = readGrams(node);
  if (failed(grams))
    return failure();
  std::string mode = node.stringAttr("mode", "");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF")
    return node.error(
        "expects attribute 'mode' to be TF, IDF or TFIDF, found '" + mode +
        "'");
  std::vector<float> weights = node.floatsAttr("weights").value_or(
      std::vector<float>(grams->columns.size(), 1.0f));
  if (weights.size() != grams->columns.size())
    return node.error("expects attribute 'weights' of " +
                      Twine(grams->columns.size()) + " numbers, found " +
                      Twine(weights.size()));
  TensorRef x = node.inputs[0];
  int64_t rank = x->rank();
  if (rank != 1 && rank != 2)
    return node.error("expects an input of rank 1 or 2, found shape " +
                      formatShape(x->shape));
  if (Element element = elementOf(x);
      element != Element::I32 && element != Element::I64)
    return node.error("expects integers of 32 or 64 bits, found " +
                      elementName(element));
  Composition c(node);
  if (rank == 1)
    x = c.reshape(x, {1, x->shape[0]});
  int64_t rows = x->shape[0];

  // The counts of all sequences side by side, 0 for lengths that do not count.
  SmallVector<TensorRef> parts;
  for (int64_t length = 1, e = grams->firsts.size(); length <= e; ++length) {
    TensorRef sum;
    if (length >= grams->shortest && length <= grams->longest)
      for (int64_t skip = 0; skip <= (length == 1 ? 0 : grams->skips); ++skip) {
        // Numbers that far apart are in no row.
        if (length > 1 && skip + 1 >= x->shape[1])
          break;
        TensorRef more = countGrams(c, x, *grams, length, skip + 1);
        if (c.hasFailed())
          return failure();
        if (more)
          sum = sum ? c.add(sum, more) : more;
      }
    int64_t count = grams->count(length);
    if (!sum && count)
      sum = c.floats({rows, count}, std::vector<float>(rows * count, 0.0f));
    if (sum)
      parts.push_back(sum);
  }
  int64_t width =
      *std::max_element(grams->columns.begin(), grams->columns.end()) + 1;
  int64_t count = grams->columns.size();
  std::vector<float> scales(width, 0.0f);
  std::vector<int64_t> sources(width, 0); // scaled by 0 where there is none
  for (int64_t i = 0; i < count; ++i) {
    sources[grams->columns[i]] = i;
    scales[grams->columns[i]] = mode == "TF" ? 1.0f : weights[i];
  }
  TensorRef y = parts.size() == 1
                    ? parts.front()
                    : c.op("Concat", parts, c.attribute("axis", int64_t(1)));
  if (mode == "IDF")
    y = c.op("Min", {y, c.number(1.0f)});
  y = c.op("Gather", {y, c.integers(sources)}, c.attribute("axis", int64_t(1)));
  y = c.mul(y, c.floats(width, std::move(scales)));
  return c.finish(rank == 1 ? c.reshape(y, width) : y);
}

//===----------------------------------------------------------------------===//
// Unique
//===----------------------------------------------------------------------===//

/// Of a tensor known at import: the slices along an axis, each once, where each
/// stood first, which one each slice is, and how often it is there.
static LogicalResult importUnique(Node &node) {
  ConstantRef x = node.inputs[0]->constant;
  if (!x)
    return node.error("expects an input known at import, as the extent of the "
                      "result depends on it; cut the network off before");
  int64_t axis = 0;
  if (node.attribute("axis")) {
    FailureOr<int64_t> given =
        node.axis(node.intAttr("axis", 0), x->shape.size());
    if (failed(given))
      return failure();
    axis = *given;
  } else {
    x = reshapeConstant(x, {x->size()});
  }
  int64_t extent = x->shape[axis];
  int64_t inner = *countElements(ArrayRef(x->shape).drop_front(axis + 1));
  int64_t outer = *countElements(ArrayRef(x->shape).take_front(axis));
  auto elementsOf = [&](ArrayRef<int64_t> slices) {
    std::vector<int64_t> elements;
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t slice : slices)
        for (int64_t i = 0; i < inner; ++i)
          elements.push_back((o * extent + slice) * inner + i);
    return elements;
  };
  auto isLess = [&](int64_t a, int64_t b) {
    std::vector<int64_t> left = elementsOf(a), right = elementsOf(b);
    for (auto [i, j] : llvm::zip(left, right)) {
      if (x->isFloat ? x->floats[i] < x->floats[j] : x->ints[i] < x->ints[j])
        return true;
      if (x->isFloat ? x->floats[j] < x->floats[i] : x->ints[j] < x->ints[i])
        return false;
    }
    return false;
  };
  std::map<int64_t, int64_t, decltype(isLess)> numbers(isLess); // by slice
  Shape firsts;
  for (int64_t slice = 0; slice < extent; ++slice)
    if (numbers.try_emplace(slice, firsts.size()).second)
      firsts.push_back(slice);
  if (node.intAttr("sorted", 1)) {
    firsts.clear();
    for (auto &[slice, number] : numbers) {
      number = firsts.size();
      firsts.push_back(slice);
    }
  }
  std::vector<int64_t> inverse, counts(firsts.size(), 0);
  for (int64_t slice = 0; slice < extent; ++slice) {
    inverse.push_back(numbers.find(slice)->second);
    ++counts[inverse.back()];
  }
  Shape shape = x->shape;
  shape[axis] = firsts.size();
  ConstantRef values = gatherElements(*x, shape, elementsOf(firsts));
  Composition c(node);
  return c.finish({GraphBuilder::fromConstant(values), c.integers(firsts),
                   c.integers(inverse), c.integers(counts)});
}

ArrayRef<OpEntry> mlir::lw::importer::vocabularyOps() {
  static const OpEntry entries[] = {
      {"TfIdfVectorizer", 9, 1, importTfIdf,
       "Equal and ReduceSum; of integers of 32 and 64 bits", Integers::Own},
      {"Unique", 11, 1, importUnique, "folded; input known at import",
       Integers::Own},
  };
  return entries;
}

//===- Einsum.cpp - Sums of products over named dimensions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Composition.h"
#include "Families.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

/// An operand with a letter for each of its dimensions.
struct Term {
  std::string letters;
  TensorRef tensor;
};

/// The product of all terms, one pair after the other.
class Contraction {
public:
  explicit Contraction(Node &node) : node(node), build(node.build) {}
  LogicalResult import();

private:
  LogicalResult parse();
  LogicalResult takeDiagonals(Term &term);
  LogicalResult setExtents();
  FailureOr<Term> multiply(Term a, Term b, StringRef kept);
  Term sumAllBut(Term term, StringRef kept);
  TensorRef arrange(const Term &term, ArrayRef<std::string> groups);
  int64_t product(StringRef letters) const {
    int64_t count = 1;
    for (char letter : letters)
      count *= extents.at(letter);
    return count;
  }

  Node &node;
  GraphBuilder &build;
  SmallVector<Term> terms;
  std::string result;
  std::map<char, int64_t> extents;
};

} // namespace

static bool holds(StringRef letters, char letter) {
  return letters.contains(letter);
}

/// The letters of `from` of which `test` holds, in their order.
static std::string keep(StringRef from, llvm::function_ref<bool(char)> test) {
  std::string kept;
  for (char letter : from)
    if (test(letter))
      kept += letter;
  return kept;
}

/// Dimensions of one letter become one, the last.
LogicalResult Contraction::takeDiagonals(Term &term) {
  for (size_t first = 0; first < term.letters.size();) {
    char letter = term.letters[first];
    size_t second = term.letters.find(letter, first + 1);
    if (second == std::string::npos) {
      ++first;
      continue;
    }
    Shape shape(term.tensor->shape), order;
    int64_t extent = shape[first];
    if (extent != shape[second])
      return node.error("expects one extent of dimension '" +
                        Twine(std::string(1, letter)) + "', found " +
                        Twine(extent) + " and " + Twine(shape[second]));
    std::string letters;
    Shape rest;
    for (size_t i = 0; i < shape.size(); ++i) {
      if (i == first || i == second)
        continue;
      order.push_back(i);
      rest.push_back(shape[i]);
      letters += term.letters[i];
    }
    order.push_back(first);
    order.push_back(second);
    rest.push_back(extent * extent);
    std::vector<int64_t> diagonal;
    for (int64_t i = 0; i < extent; ++i)
      diagonal.push_back(i * (extent + 1));
    Composition c(node);
    TensorRef whole = c.reshape(c.transpose(term.tensor, order), rest);
    whole = c.op("Gather", {whole, c.integers(diagonal)},
                 c.attribute("axis", int64_t(-1)));
    if (!whole)
      return failure();
    term = {letters + letter, whole};
    first = 0;
  }
  return success();
}

/// The dimensions that an ellipsis stands for are called 0, 1, ... from the
/// last one on.
LogicalResult Contraction::parse() {
  std::string equation = node.stringAttr("equation", "");
  llvm::erase(equation, ' ');
  auto [left, right] = StringRef(equation).split("->");
  bool implicit = !StringRef(equation).contains("->");
  SmallVector<StringRef> parts;
  left.split(parts, ',');
  if (equation.empty() || parts.size() != node.inputs.size())
    return node.error("expects an attribute 'equation' with a term for each of "
                      "the " +
                      Twine(node.inputs.size()) + " inputs, found '" +
                      equation + "'");
  auto isValid = [](StringRef letters) {
    return llvm::all_of(letters, [](char c) { return llvm::isAlpha(c); });
  };
  int64_t most = 0;
  std::string all;
  auto expand = [&](StringRef text, int64_t count) {
    auto [before, after] = text.split("...");
    std::string digits;
    for (int64_t i = count - 1; i >= 0; --i)
      digits += static_cast<char>('0' + i);
    return before.str() + digits + after.str();
  };
  for (auto [i, part] : llvm::enumerate(parts)) {
    const TensorRef &input = node.inputs[i];
    if (!input)
      return node.error("expects no input to be left out");
    if (failed(node.checkShape(input->shape)))
      return failure();
    bool ellipsis = part.contains("...");
    std::string letters = expand(part, 0);
    int64_t hidden = input->rank() - static_cast<int64_t>(letters.size());
    if (!isValid(letters) || hidden < 0 || (!ellipsis && hidden != 0) ||
        hidden > 9)
      return node.error("expects term '" + part +
                        "' of the equation to name "
                        "the dimensions of input " +
                        Twine(i) + " of shape " + formatShape(input->shape));
    if (ellipsis)
      letters = expand(part, hidden);
    most = std::max(most, hidden);
    all += letters;
    terms.push_back({letters, input});
    if (failed(takeDiagonals(terms.back())))
      return failure();
  }
  if (!implicit) {
    if (!isValid(expand(right, 0)))
      return node.error("expects letters behind '->', found '" + right + "'");
    result = right.contains("...") ? expand(right, most) : right.str();
    return success();
  }
  // What occurs once, in the order of the alphabet.
  result = expand("...", most);
  for (char letter = 'A'; letter <= 'z'; ++letter)
    if (llvm::isAlpha(letter) && StringRef(all).count(letter) == 1)
      result += letter;
  return success();
}

/// Extents of 1 broadcast.
LogicalResult Contraction::setExtents() {
  for (const Term &term : terms)
    for (auto [letter, extent] : llvm::zip(term.letters, term.tensor->shape)) {
      int64_t &known = extents.insert({letter, extent}).first->second;
      if (known == 1)
        known = extent;
      if (extent != known && extent != 1)
        return node.error("expects one extent of dimension '" +
                          Twine(std::string(1, letter)) + "', found " +
                          Twine(known) + " and " + Twine(extent));
    }
  for (char letter : result)
    if (!extents.count(letter) || StringRef(result).count(letter) > 1)
      return node.error("expects each letter behind '->' once and in a term, "
                        "found '" +
                        result + "'");
  // A dimension of 1 that others stretch is no factor.
  for (Term &term : terms) {
    std::string letters;
    Shape shape;
    for (auto [letter, extent] : llvm::zip(term.letters, term.tensor->shape))
      if (extent == extents[letter]) {
        letters += letter;
        shape.push_back(extent);
      }
    term = {letters, build.reshape(term.tensor, shape)};
  }
  Shape shape;
  for (char letter : result)
    shape.push_back(extents[letter]);
  return node.checkShape(shape);
}

/// The term with its dimensions in the order of `groups`, each of which becomes
/// one.
TensorRef Contraction::arrange(const Term &term, ArrayRef<std::string> groups) {
  Permutation permutation;
  Shape shape;
  for (const std::string &group : groups) {
    for (char letter : group)
      permutation.push_back(
          static_cast<int32_t>(StringRef(term.letters).find(letter)));
    shape.push_back(product(group));
  }
  return build.reshape(build.transpose(term.tensor, permutation), shape);
}

Term Contraction::sumAllBut(Term term, StringRef kept) {
  std::string letters =
      keep(term.letters, [&](char c) { return holds(kept, c); });
  if (letters.size() == term.letters.size())
    return term;
  std::string summed =
      keep(term.letters, [&](char c) { return !holds(kept, c); });
  Value value = build.getPlain(arrange(term, {letters, summed}));
  value = build.reduce<tosa::ReduceSumOp>(value, 1);
  Shape shape;
  for (char letter : letters)
    shape.push_back(extents[letter]);
  return {letters, build.reshape(GraphBuilder::fromValue(value), shape)};
}

/// A matrix product for each element of the dimensions that both have and that
/// stay.
FailureOr<Term> Contraction::multiply(Term a, Term b, StringRef kept) {
  a = sumAllBut(a, kept.str() + b.letters);
  b = sumAllBut(b, kept.str() + a.letters);
  auto inB = [&](char c) { return holds(b.letters, c); };
  auto inA = [&](char c) { return holds(a.letters, c); };
  std::string batch = keep(a.letters,
                           [&](char c) { return inB(c) && holds(kept, c); }),
              summed = keep(a.letters,
                            [&](char c) { return inB(c) && !holds(kept, c); }),
              rows = keep(a.letters, [&](char c) { return !inB(c); }),
              columns = keep(b.letters, [&](char c) { return !inA(c); });
  TensorRef left, right;
  if (batch.empty()) {
    left = arrange(a, {rows, summed});
    right = arrange(b, {summed, columns});
  } else {
    left = arrange(a, {batch, rows, summed});
    right = arrange(b, {batch, summed, columns});
  }
  node.inputs = {left, right};
  if (failed(findOp("MatMul", node.opset)->import(node)))
    return failure();
  Term made{batch + rows + columns, nullptr};
  Shape shape;
  for (char letter : made.letters)
    shape.push_back(extents[letter]);
  made.tensor = build.reshape(node.results.pop_back_val(), shape);
  return made;
}

LogicalResult Contraction::import() {
  if (failed(parse()) || failed(setExtents()))
    return failure();
  Term made = terms.front();
  for (size_t i = 1; i < terms.size(); ++i) {
    std::string kept = result;
    for (const Term &later : ArrayRef(terms).drop_front(i + 1))
      kept += later.letters;
    FailureOr<Term> next = multiply(made, terms[i], kept);
    if (failed(next))
      return failure();
    made = *next;
  }
  made = sumAllBut(made, result);
  Permutation permutation;
  for (char letter : result) {
    size_t place = StringRef(made.letters).find(letter);
    if (place == StringRef::npos)
      return node.error("dimension '" + Twine(std::string(1, letter)) +
                        "' is 1 in every term that has it and more elsewhere");
    permutation.push_back(static_cast<int32_t>(place));
  }
  return node.finish(build.transpose(made.tensor, permutation));
}

static LogicalResult importEinsum(Node &node) {
  return Contraction(node).import();
}

ArrayRef<OpEntry> mlir::lw::importer::einsumOps() {
  static const OpEntry entries[] = {
      {"Einsum", 12, 1, importEinsum,
       "transposes, sums and MatMul, one pair of operands after the other; "
       "`tosa.gather` of diagonals"},
  };
  return entries;
}

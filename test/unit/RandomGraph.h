//===- RandomGraph.h - Random networks of every operation
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TEST_UNIT_RANDOMGRAPH_H
#define LW_TEST_UNIT_RANDOMGRAPH_H

#include "RandomNetwork.h"
#include <map>

/// Writes a module with one function `main`, made of all that imported networks
/// consist of: what `RandomNetwork` draws, and strided and dilated convolutions
/// with asymmetric padding, every broadcast, concatenations along any axis,
/// slices, pads with any constant, pools, gathers, reductions, tensors of other
/// ranks, weights used twice, several inputs and outputs. Values stay of the
/// order of 1. The same seed gives the same text.
class RandomGraph : public RandomNetwork {
public:
  explicit RandomGraph(unsigned seed) : RandomNetwork(seed) {}

  /// The module, with 4 to 25 operations of a network.
  std::string write();

private:
  using Shape = std::vector<int64_t>;

  bool oneIn(int64_t n) { return pick(1, n) == 1; }
  int64_t channels();
  static int64_t count(const Shape &shape);
  static bool isSmall(const Shape &shape) { return count(shape) <= 6000; }
  const Tensor &any() { return values[pick(0, values.size() - 1)]; }
  Tensor image(const Tensor &x);
  Tensor chooseOf(const Shape &shape);

  std::string weights(const Shape &shape, float low, float high);
  std::string filter(const Shape &shape, int64_t terms);
  std::string act();
  Tensor conv(const Tensor &x, const std::string &variant);
  Tensor anyConv(const Tensor &x);
  Tensor stage(const Tensor &x);
  Tensor broadcastConstant(const Tensor &x);
  Tensor broadcastValues(const Tensor &x, const Tensor &y);
  Tensor broadcast(const Tensor &x);
  Tensor scale(const Tensor &x, float factor);
  Tensor arithmetic(const Tensor &x);
  Tensor concat(const Tensor &x);
  Tensor slice(const Tensor &x, const Shape &start, const Shape &size);
  Tensor slice(const Tensor &x);
  Tensor split(const Tensor &x);
  Tensor padBy(const Tensor &x, const Shape &amounts, const std::string &value);
  Tensor padAny(const Tensor &x);
  Tensor poolBy(const Tensor &x, bool average, const Shape &kernel,
                const Shape &stride, Shape before, Shape after);
  Tensor pool(const Tensor &x);
  Tensor shuffle(const Tensor &x);
  Tensor gather(const Tensor &x);
  Tensor reshape(const Tensor &x, const Shape &shape);
  Tensor rearrange(const Tensor &x);
  Tensor reduce(const Tensor &x, const std::string &op, int64_t axis);
  Tensor reduceAny(const Tensor &x);
  Tensor softmax(const Tensor &x);
  Tensor attention(const Tensor &x);
  Tensor gate(const Tensor &x);
  Tensor normalize(const Tensor &x);
  Tensor step(const Tensor &x);
  bool isUsed(const Tensor &x) const;

  /// Constants that a later layer may share, by their shape.
  std::map<Shape, std::string> shared;
};

#endif // LW_TEST_UNIT_RANDOMGRAPH_H

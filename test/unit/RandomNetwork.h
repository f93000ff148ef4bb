//===- RandomNetwork.h - Small networks for comparing passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TEST_UNIT_RANDOMNETWORK_H
#define LW_TEST_UNIT_RANDOMNETWORK_H

#include <cstdint>
#include <random>
#include <string>
#include <vector>

/// Writes a module with one function `main` from one image to one image, made
/// of what imported networks are made of: convolutions of every variant with
/// random weights, batch norms, scales and shifts, activations as they are
/// spelled in tosa, sums, pads, transposes back and forth, fully connected
/// layers, identities and duplicates. The same seed gives the same text.
class RandomNetwork {
public:
  explicit RandomNetwork(unsigned seed) : generator(seed) {}

  /// The module with about `steps` operations of a network.
  std::string write(int steps);

  struct Tensor {
    std::string name;
    std::vector<int64_t> shape;
  };

protected:
  int64_t pick(int64_t low, int64_t high); // both included
  float uniform(float low, float high);
  std::string fresh();
  static std::string type(const std::vector<int64_t> &shape);
  /// `1, 2, 3`.
  static std::string list(const std::vector<int64_t> &values);
  Tensor emit(const std::string &text, std::vector<int64_t> shape);
  std::string constant(const std::vector<int64_t> &shape, float low,
                       float high);
  std::string uniformConstant(size_t rank, float value);
  std::string shapeConstant(const std::vector<int64_t> &values);
  std::string mulShift();
  Tensor unary(const std::string &op, const Tensor &x);
  Tensor binary(const std::string &op, const Tensor &x, const std::string &y,
                const std::vector<int64_t> &yShape);
  Tensor binary(const std::string &op, const Tensor &x, const std::string &y,
                const std::vector<int64_t> &yShape,
                const std::vector<int64_t> &shape);
  Tensor clamp(const Tensor &x, float low, float high);
  Tensor transpose(const Tensor &x, const std::vector<int64_t> &permutation);
  Tensor convolution(const Tensor &x);
  Tensor batchNorm(const Tensor &x);
  Tensor perChannel(const Tensor &x);
  Tensor activation(const Tensor &x);
  Tensor sum(const Tensor &x);
  Tensor pad(const Tensor &x);
  Tensor otherLayout(const Tensor &x);
  Tensor identity(const Tensor &x);
  Tensor fullyConnected(const Tensor &x);

  std::mt19937 generator;
  std::string body;
  int count = 0;
  std::vector<Tensor> values;
};

#endif // LW_TEST_UNIT_RANDOMNETWORK_H

// Runs the network on raw f32 inputs from standard input, one after another,
// and prints the class of each:
//
//   lwc network.onnx -o network.so
//   c++ -std=c++17 -I. classify.cpp ./network.so -o classify && ./classify <
//   inputs
#include "lw.hpp"
#include "network.h"
#include <algorithm>
#include <cstdio>
#include <exception>
#include <vector>

int main() try {
  auto network = LW_NETWORK(network, NETWORK);
  std::vector<float> input(NETWORK_INPUT0_SIZE), output(NETWORK_OUTPUT0_SIZE);
  while (std::fread(input.data(), NETWORK_INPUT0_BYTES, 1, stdin) == 1) {
    network.run({input.data()}, {output.data()});
    std::printf("%td\n", std::max_element(output.begin(), output.end()) -
                             output.begin());
  }
  return 0;
} catch (const std::exception &error) {
  std::fprintf(stderr, "classify: %s\n", error.what());
  return 1;
}

//===- lw.hpp - Networks that lwc has compiled, for C++17
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Copy this file into a project. For a network `net` with its header net.h:
//
//   auto network = LW_NETWORK(net, NET);
//   network.run({input.data()}, {output.data()});
//
//===----------------------------------------------------------------------===//

#ifndef LW_HPP
#define LW_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace lw {

/// A compiled network and the working memory of one thread's runs.
class Network {
public:
  using Run = int32_t (*)(const void *const *, void *const *, void *);

  Network(Run run, int32_t (*supported)(), const char *info, size_t inputs,
          size_t outputs, size_t arenaBytes, size_t alignment)
      : runFunction(run), infoText(info), inputs(inputs), outputs(outputs),
        arena(arenaBytes ? ::operator new(arenaBytes, Align{alignment})
                         : nullptr,
              Free{alignment}) {
    if (!supported())
      throw std::runtime_error("this processor cannot run the network");
  }

  /// One array for each input and output, as the network's header says.
  template <size_t Inputs, size_t Outputs>
  void run(const void *const (&from)[Inputs], void *const (&to)[Outputs]) {
    if (Inputs != inputs || Outputs != outputs)
      throw std::invalid_argument(
          "the network takes " + std::to_string(inputs) + " and gives " +
          std::to_string(outputs) + " arrays, found " + std::to_string(Inputs) +
          " and " + std::to_string(Outputs));
    if (int32_t status = runFunction(from, to, arena.get()))
      throw std::runtime_error("the network returned " +
                               std::to_string(status));
  }

  /// JSON, see docs/c-interface.md.
  const char *info() const { return infoText; }

private:
  using Align = std::align_val_t;
  struct Free {
    size_t alignment;
    void operator()(void *memory) const {
      ::operator delete(memory, Align{alignment});
    }
  };

  Run runFunction;
  const char *infoText;
  size_t inputs, outputs;
  std::unique_ptr<void, Free> arena;
};

} // namespace lw

#define LW_NETWORK(name, NAME)                                                 \
  ::lw::Network(name##_run, name##_supported, name##_info, NAME##_NUM_INPUTS,  \
                NAME##_NUM_OUTPUTS, NAME##_ARENA_BYTES,                        \
                NAME##_ARENA_ALIGNMENT)

#endif // LW_HPP

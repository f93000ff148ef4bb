//===- Network.h - A random network with its inputs -------------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TEST_UNIT_PROPERTY_NETWORK_H
#define LW_TEST_UNIT_PROPERTY_NETWORK_H

#include "Harness.h"
#include "Interpret.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace lwtest {

/// A network and what it is run on, an array for each argument of `@main`.
struct Network {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<std::vector<float>> inputs;

  mlir::func::FuncOp main() const {
    return module.get().lookupSymbol<mlir::func::FuncOp>("main");
  }
  Network clone() const { return {module.get().clone(), inputs}; }
  /// The module, with the elements of constants where `whole`.
  std::string print(bool whole) const;
};

/// Network `number` of the sequence that `seed` starts.
Network drawNetwork(uint32_t seed, int64_t number, mlir::MLIRContext &context);

/// One network of `networks` beside each other, which may share kernels.
Network merge(llvm::ArrayRef<Network> networks, mlir::MLIRContext &context);

using Outputs = std::vector<std::vector<float>>;

/// The outputs of `network` by the code that `path` makes of it.
llvm::Expected<Outputs> run(const Path &path, const Network &network);

/// What a network computes, by the interpreter, and how far each output may be
/// off.
struct Expectation {
  std::vector<Array> outputs;
  std::vector<double> bounds;

  /// That an output may be off by more than a hundredth of its largest, since
  /// the network enlarges rounding errors: little is tested by it.
  bool isLoose() const;
};
llvm::Expected<Expectation> expect(const Network &network);

/// What is wrong with `found`; empty when it is right.
std::string findFault(const Expectation &expected,
                      llvm::ArrayRef<std::vector<float>> found);

/// What is wrong with `network` by `path`; empty when nothing is.
std::string findFault(const Path &path, const Network &network);

/// A part of `network` that still has a fault by `path`, as small as leaving
/// out single operations makes it.
Network shrink(const Path &path, const Network &network);

/// Writes networks for programs that compile and run them elsewhere, a portion
/// in each module: `FIRST.mlir`, and `FIRST.npz` with `inputN`, `outputN` as
/// the interpreter says, how far each output may be off (`bounds`), and the
/// number of its network (`networks`).
llvm::Error writeNetworks(llvm::StringRef folder,
                          const PropertyOptions &options);

} // namespace lwtest

#endif // LW_TEST_UNIT_PROPERTY_NETWORK_H

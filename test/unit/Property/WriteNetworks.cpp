//===- WriteNetworks.cpp - Random networks for other processors
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Network.h"
#include "lw/IO/Npy.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace lwtest;

/// The networks from number `first` on, `count` of them, in one module.
static llvm::Error writePortion(llvm::StringRef folder, uint32_t seed,
                                int64_t first, int64_t count,
                                MLIRContext &context) {
  std::vector<Network> networks;
  lw::NpzFile file;
  std::vector<float> bounds, numbers;
  auto add = [&](const char *kind, size_t i, llvm::ArrayRef<int64_t> shape,
                 llvm::ArrayRef<float> values) {
    file.arrays.push_back(
        {kind + std::to_string(i), lw::NpyArray::fromFloats(shape, values)});
  };
  for (int64_t i = first; i < first + count; ++i) {
    const Network &network =
        networks.emplace_back(drawNetwork(seed, i, context));
    auto expected = expect(network);
    if (!expected)
      return expected.takeError();
    for (auto [output, bound] :
         llvm::zip_equal(expected->outputs, expected->bounds)) {
      add("output", bounds.size(), output.shape, output.values);
      bounds.push_back(static_cast<float>(bound));
      numbers.push_back(static_cast<float>(i));
    }
  }
  Network all = merge(networks, context);
  for (auto [i, input] : llvm::enumerate(all.inputs)) {
    auto type = cast<ShapedType>(all.main().getArgument(i).getType());
    add("input", i, type.getShape(), input);
  }
  int64_t outputs = bounds.size();
  file.arrays.push_back({"bounds", lw::NpyArray::fromFloats(outputs, bounds)});
  file.arrays.push_back(
      {"networks", lw::NpyArray::fromFloats(outputs, numbers)});

  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, std::to_string(first));
  std::error_code error;
  llvm::raw_fd_ostream stream((path + ".mlir").str(), error);
  if (error)
    return llvm::createFileError((path + ".mlir").str(), error);
  all.module.get().print(stream);
  return lw::writeNpzFile((path + ".npz").str(), file);
}

llvm::Error lwtest::writeNetworks(llvm::StringRef folder,
                                  const PropertyOptions &options) {
  std::unique_ptr<MLIRContext> context = createContext();
  int64_t end = options.first + options.configurations;
  for (int64_t first = options.first; first < end; first += options.portion)
    if (llvm::Error error =
            writePortion(folder, options.seed, first,
                         std::min(options.portion, end - first), *context))
      return error;
  return llvm::Error::success();
}

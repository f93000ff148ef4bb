//===- lw-opt.cpp - mlir-opt with the lw dialect and passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../Main.h"
#include "lw/InitAll.h"
#include "lw/Support/OutputFile.h"
#include "lw/Support/Tool.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

/// Like upstream's main function, but for the output file, which appears only
/// when it is complete.
static llvm::Error run(StringRef input, StringRef output,
                       DialectRegistry &registry,
                       const MlirOptMainConfig &config) {
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> file = openInputFile(input, &message);
  if (!file)
    return llvm::createStringError(message);
  auto process = [&](llvm::raw_ostream &stream) -> llvm::Error {
    if (succeeded(MlirOptMain(stream, std::move(file), registry, config)))
      return llvm::Error::success();
    return llvm::createStringError("'%s' cannot be processed",
                                   input.str().c_str());
  };
  return lw::writeOutput(output, process);
}

int lw::optMain(int argc, char **argv) {
  lw::Tool tool(argc, argv, "lw-opt");
  DialectRegistry registry;
  lw::registerAllDialects(registry);
  registerAllExtensions(registry);
  mlir::registerAllPasses();
  lw::registerAllPasses();
  auto [input, output] = registerAndParseCLIOptions(
      argc, argv, "lw-opt: optimizer for light neural networks\n", registry);
  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects() || config.shouldListPasses())
    return tool.finish(
        asMainReturnCode(MlirOptMain(argc, argv, input, output, registry)));
  if (llvm::Error error = run(input, output, registry, config))
    return tool.finish(tool.reportError(std::move(error)));
  return tool.finish(lw::ExitSuccess);
}

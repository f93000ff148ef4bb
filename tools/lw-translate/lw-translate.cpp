//===- lw-translate.cpp - Networks of other formats to and from MLIR
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "../Main.h"
#include "lw/Driver/Flags.h"
#include "lw/Driver/ModuleFile.h"
#include "lw/Driver/ShapeFlags.h"
#include "lw/Exporter/Onnx.h"
#include "lw/Importer/Onnx.h"
#include "lw/InitAll.h"
#include "lw/Support/OutputFile.h"
#include "lw/Support/Tool.h"
#include "mlir/IR/MLIRContext.h"

using namespace mlir;
using llvm::createStringError;
namespace cl = llvm::cl;

static constexpr llvm::StringLiteral kOverview =
    R"(import networks of other formats to MLIR, and export them

Examples:
  lw-translate --import-onnx net.onnx -o net.mlir
      a module of tosa and lw as text
  lw-translate --import-onnx net.onnx --emit-bytecode -o net.mlirbc
      the same, a fraction of the size
  lw-translate --export-onnx light.mlirbc -o light.onnx
      a network that other engines run; the names of its layers are in bytecode
  lw-translate --print-onnx-ops
      the table of supported operators
)";

namespace {

struct TranslateFlags {
  cl::OptionCategory category{"Import and export"};
  cl::opt<std::string> input{cl::Positional, cl::desc("<input file>"),
                             cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("What to write (standard output)"),
                              cl::value_desc("file"), cl::init("-"),
                              cl::cat(category)};
  cl::opt<bool> importOnnx{
      "import-onnx",
      cl::desc("Import an ONNX network as a module of tosa and lw"),
      cl::cat(category)};
  cl::opt<bool> exportOnnx{
      "export-onnx",
      cl::desc("Export a module of tosa and lw as an ONNX network"),
      cl::cat(category)};
  lw::ShapeFlags inputShapes{category};
  cl::opt<bool> emitBytecode{"emit-bytecode",
                             cl::desc("Write MLIR bytecode, not text"),
                             cl::cat(category)};
  cl::opt<bool> printOnnxOps{
      "print-onnx-ops", cl::desc("Write the table of supported ONNX operators"),
      cl::cat(category)};

  int jobs() const { return importOnnx + exportOnnx + printOnnxOps; }
  /// A flag that would have no effect, or that lacks another.
  const char *findError() const;
};

} // namespace

const char *TranslateFlags::findError() const {
  if (jobs() != 1 || printOnnxOps == !input.empty())
    return "expects --import-onnx or --export-onnx and an input file, or "
           "--print-onnx-ops";
  if (exportOnnx && emitBytecode)
    return "--emit-bytecode is for --import-onnx";
  if (exportOnnx && inputShapes.anyGiven())
    return "--batch, --shape and --dim are for --import-onnx";
  return nullptr;
}

/// Writes the module of an MLIR file as an ONNX network.
static llvm::Error exportFile(const TranslateFlags &flags) {
  DialectRegistry registry;
  lw::registerNetworkDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  auto module = lw::readModule(flags.input, context, lw::InputShapes());
  if (!module)
    return module.takeError();
  return lw::writeOnnx(**module, flags.output);
}

/// Writes what the flags ask for; std::nullopt after an error that is printed.
static std::optional<llvm::Error> translate(const TranslateFlags &flags) {
  if (flags.printOnnxOps)
    return lw::writeOutput(flags.output, [](llvm::raw_ostream &os) {
      lw::printOnnxOperators(os);
      lw::printOnnxExports(os);
      return llvm::Error::success();
    });
  if (llvm::Error error = lw::checkWritable(flags.output))
    return error;
  if (flags.exportOnnx)
    return exportFile(flags);
  MLIRContext context(MLIRContext::Threading::DISABLED);
  lw::OnnxImportOptions options;
  auto inputs = flags.inputShapes.get();
  if (!inputs)
    return inputs.takeError();
  options.inputs = *inputs;
  options.notes = &llvm::errs();
  OwningOpRef<ModuleOp> module = lw::importOnnx(flags.input, context, options);
  if (!module)
    return std::nullopt;
  if (inputs->batch)
    if (llvm::Error error =
            lw::checkBatch(*module, flags.input, *inputs->batch))
      return error;
  return lw::writeModule(*module, flags.output, flags.emitBytecode);
}

int lw::translateMain(int argc, char **argv) {
  lw::Tool tool(argc, argv, "lw-translate");
  lw::prepareCommandLine();
  TranslateFlags flags;
  if (!lw::parseCommandLine(argc, argv, kOverview, {&flags.category}))
    return lw::ExitUsage;
  if (const char *message = flags.findError())
    return tool.reportError(createStringError(message), lw::ExitUsage);
  std::optional<llvm::Error> error = translate(flags);
  if (!error)
    return lw::ExitFailure;
  if (*error)
    return tool.finish(tool.reportError(std::move(*error)));
  return tool.finish(lw::ExitSuccess);
}

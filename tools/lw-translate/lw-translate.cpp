//===- lw-translate.cpp - Networks of other formats to MLIR
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Flags.h"
#include "lw/Driver/ModuleFile.h"
#include "lw/Importer/Onnx.h"
#include "lw/Support/OutputFile.h"
#include "lw/Support/Tool.h"
#include "mlir/IR/MLIRContext.h"

using namespace mlir;
using llvm::createStringError;
namespace cl = llvm::cl;

static constexpr llvm::StringLiteral kOverview =
    R"(import networks of other formats to MLIR

Examples:
  lw-translate --import-onnx net.onnx -o net.mlir
      a module of tosa and lw as text
  lw-translate --import-onnx net.onnx --emit-bytecode -o net.mlirbc
      the same, a fraction of the size
  lw-translate --print-onnx-ops
      the table of supported operators
)";

namespace {

struct TranslateFlags {
  cl::OptionCategory category{"Import"};
  cl::opt<std::string> input{cl::Positional, cl::desc("<input file>"),
                             cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("What to write (standard output)"),
                              cl::value_desc("file"), cl::init("-"),
                              cl::cat(category)};
  cl::opt<bool> importOnnx{
      "import-onnx",
      cl::desc("Import an ONNX network as a module of tosa and lw"),
      cl::cat(category)};
  cl::opt<int64_t> batch{"batch", cl::value_desc("N"),
                         cl::desc("Batch size where the file leaves it open "
                                  "(1)"),
                         cl::init(1), cl::cat(category)};
  cl::opt<bool> emitBytecode{"emit-bytecode",
                             cl::desc("Write MLIR bytecode, not text"),
                             cl::cat(category)};
  cl::opt<bool> printOnnxOps{
      "print-onnx-ops", cl::desc("Write the table of supported ONNX operators"),
      cl::cat(category)};
};

} // namespace

/// Writes what the flags ask for; std::nullopt after an error that is printed.
static std::optional<llvm::Error> translate(const TranslateFlags &flags) {
  if (flags.printOnnxOps)
    return lw::writeOutput(flags.output, [](llvm::raw_ostream &os) {
      lw::printOnnxOperators(os);
      return llvm::Error::success();
    });
  if (llvm::Error error = lw::checkWritable(flags.output))
    return error;
  MLIRContext context(MLIRContext::Threading::DISABLED);
  lw::OnnxImportOptions options;
  options.batch = flags.batch;
  OwningOpRef<ModuleOp> module = lw::importOnnx(flags.input, context, options);
  if (!module)
    return std::nullopt;
  if (flags.batch.getNumOccurrences())
    if (llvm::Error error = lw::checkBatch(*module, flags.input, flags.batch))
      return error;
  return lw::writeModule(*module, flags.output, flags.emitBytecode);
}

int main(int argc, char **argv) {
  lw::Tool tool(argc, argv, "lw-translate");
  lw::prepareCommandLine();
  TranslateFlags flags;
  if (!lw::parseCommandLine(argc, argv, kOverview, {&flags.category}))
    return lw::ExitUsage;
  if (!flags.printOnnxOps && (!flags.importOnnx || flags.input.empty()))
    return tool.reportError(
        createStringError("expects --import-onnx and an input file, or "
                          "--print-onnx-ops"),
        lw::ExitUsage);
  std::optional<llvm::Error> error = translate(flags);
  if (!error)
    return lw::ExitFailure;
  if (*error)
    return tool.finish(tool.reportError(std::move(*error)));
  return tool.finish(lw::ExitSuccess);
}

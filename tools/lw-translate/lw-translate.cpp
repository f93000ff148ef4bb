//===- lw-translate.cpp - Networks of other formats to MLIR
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Importer/Onnx.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
namespace cl = llvm::cl;

static cl::OptionCategory category("lw-translate options");
static cl::opt<std::string> input(cl::Positional, cl::desc("<input file>"),
                                  cl::cat(category));
static cl::opt<std::string> output("o", cl::desc("Output file"),
                                   cl::value_desc("file"), cl::init("-"),
                                   cl::cat(category));
static cl::opt<bool>
    importOnnx("import-onnx",
               cl::desc("Import an ONNX network as a module of tosa and lw"),
               cl::cat(category));
static cl::opt<int64_t> batch("batch",
                              cl::desc("Extent of a symbolic batch dimension"),
                              cl::init(1), cl::cat(category));
static cl::opt<bool> emitBytecode("emit-bytecode",
                                  cl::desc("Write MLIR bytecode, not text"),
                                  cl::cat(category));
static cl::opt<bool>
    printOnnxOps("print-onnx-ops",
                 cl::desc("Write the table of supported ONNX operators"),
                 cl::cat(category));

/// Writes through a temporary file, so that no half of a file ever appears
/// under the name that was asked for.
static int write(llvm::function_ref<llvm::Error(llvm::raw_ostream &)> writer) {
  llvm::Error error = llvm::writeToOutput(output, writer);
  if (!error)
    return 0;
  llvm::errs() << "lw-translate: error: cannot write '" << output
               << "': " << llvm::toString(std::move(error)) << "\n";
  return 1;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  registerAsmPrinterCLOptions();
  cl::ParseCommandLineOptions(argc, argv,
                              "lw-translate: networks of other formats to "
                              "MLIR\n");
  if (printOnnxOps)
    return write([](llvm::raw_ostream &os) {
      lw::printOnnxOperators(os);
      return llvm::Error::success();
    });
  if (!importOnnx || input.empty()) {
    llvm::errs() << "lw-translate: error: expects --import-onnx and an input "
                    "file, or --print-onnx-ops\n";
    return 1;
  }

  MLIRContext context(MLIRContext::Threading::DISABLED);
  lw::OnnxImportOptions options;
  options.batch = batch;
  OwningOpRef<ModuleOp> module = lw::importOnnx(input, context, options);
  if (!module)
    return 1;
  return write([&](llvm::raw_ostream &os) -> llvm::Error {
    if (!emitBytecode) {
      module->print(os);
      return llvm::Error::success();
    }
    if (failed(writeBytecodeToFile(*module, os)))
      return llvm::createStringError("bytecode could not be written");
    return llvm::Error::success();
  });
}

//===- lw-run.cpp - Run a network on arrays
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/ExecutionEngine/CodeGen.h"
#include "lw/ExecutionEngine/CompiledModel.h"
#include "lw/InitAll.h"
#include "lw/Pipelines/Pipelines.h"
#include "lw/Support/Npy.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace llvm;

static Expected<std::unique_ptr<lw::CompiledModel>>
compile(StringRef path, MLIRContext &context, bool reference) {
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(path, &context);
  if (!module)
    return createStringError("cannot read '%s'", path.str().c_str());
  auto machine = lw::createTargetMachine({});
  if (!machine)
    return machine.takeError();
  mlir::PassManager pm(&context);
  lw::buildGraphPipeline(pm);
  lw::LowerToLLVMOptions lower;
  lower.cpu = (*machine)->getTargetCPU().str();
  lower.features = lw::listFeatures(**machine);
  if (reference)
    lw::buildReferencePipeline(pm, lower);
  else
    lw::buildKernelPipeline(pm, {}, lower);
  if (failed(pm.run(*module)))
    return createStringError("compilation failed");
  LLVMContext llvmContext;
  auto code = lw::generateLLVM(*module, llvmContext, **machine);
  if (!code)
    return code.takeError();
  auto object = lw::generateCode(**code, **machine);
  if (!object)
    return object.takeError();
  return lw::CompiledModel::fromObject(std::move(*object), lower.prefix);
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::opt<std::string> model(cl::Positional, cl::Required, cl::desc("<model>"));
  cl::opt<std::string> input("input", cl::Required, cl::desc("input.npy"));
  cl::opt<bool> reference("reference", cl::desc("reference path"));
  cl::opt<std::string> output("output", cl::desc("output.npy"));
  cl::ParseCommandLineOptions(argc, argv, "runs a network on arrays\n");
  ExitOnError check("lw-run: ");

  DialectRegistry registry;
  lw::registerAllDialects(registry);
  registerAllExtensions(registry);
  lw::registerCodeGenDialects(registry);
  MLIRContext context(registry);
  auto compiled = check(StringRef(model).ends_with(".so")
                            ? lw::CompiledModel::fromLibrary(model)
                            : compile(model, context, reference));
  std::vector<float> values = check(lw::readNpy(input)).toFloats();
  const lw::ModelInfo &info = compiled->getInfo();
  if (info.inputs.size() != 1 || info.outputs.size() != 1 ||
      info.inputs[0].numElements() != static_cast<int64_t>(values.size())) {
    errs() << "lw-run: wrong shape of input\n";
    return 1;
  }
  std::vector<float> result(info.outputs[0].numElements());
  auto arena = compiled->allocateArena();
  compiled->run({values.data()}, {result.data()}, arena.get());
  if (!output.empty())
    check(lw::writeNpyFile(
        output, lw::NpyArray::fromFloats(info.outputs[0].shape, result)));
  for (float value : ArrayRef(result).take_front(10))
    outs() << value << ' ';
  outs() << '\n';
}

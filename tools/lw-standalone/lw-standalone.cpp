//===- lw-standalone.cpp - The tools and a linker in one program
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// LLVM and MLIR are linked statically and stand in the file once. Which tool it
// is, its name says: the file is lwc, others are links to it.
//
//===----------------------------------------------------------------------===//

#include "../Main.h"
#include "lld/Common/Driver.h"
#include "lw/ExecutionEngine/Linker.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Plugins/PassPlugin.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

LLD_HAS_DRIVER(elf)

// The linker initializes all of LLVM's targets, for code that it generates. It
// is given none to generate, and these leave the other targets' code out.
#define LW_OTHER_TARGET(name)                                                  \
  extern "C" void LLVMInitialize##name##Target() {}                            \
  extern "C" void LLVMInitialize##name##TargetInfo() {}                        \
  extern "C" void LLVMInitialize##name##TargetMC() {}                          \
  extern "C" void LLVMInitialize##name##AsmPrinter() {}                        \
  extern "C" void LLVMInitialize##name##AsmParser() {}
#include "OtherTargets.def"

// The same for passes of such code that LLVM has been built with.
#define HANDLE_EXTENSION(name)                                                 \
  llvm::PassPluginLibraryInfo get##name##PluginInfo() {                        \
    return {LLVM_PLUGIN_API_VERSION, #name, "", [](llvm::PassBuilder &) {}};   \
  }
#include "llvm/Support/Extension.def"

static int linkMain(int argc, char **argv) {
  ArrayRef<const char *> arguments(argv, argc);
  return !lld::elf::link(arguments, llvm::outs(), llvm::errs(),
                         /*exitEarly=*/true, /*disableOutput=*/false);
}

int main(int argc, char **argv) {
  StringRef name = llvm::sys::path::filename(argv[0]);
  auto tool = llvm::StringSwitch<int (*)(int, char **)>(name)
                  .Case("lwc", lw::lwcMain)
                  .Case("lw-opt", lw::optMain)
                  .Case("lw-run", lw::runMain)
                  .Case("lw-translate", lw::translateMain)
                  .Case(lw::kLinkerName, linkMain)
                  .Default(nullptr);
  if (!tool) {
    llvm::errs()
        << "'" << name
        << "' is none of lw's tools: call this program as lwc, lw-opt, "
           "lw-run or lw-translate\n";
    return 2;
  }
  lw::setLinker(llvm::sys::fs::getMainExecutable(
      argv[0], reinterpret_cast<void *>(linkMain)));
  return tool(argc, argv);
}

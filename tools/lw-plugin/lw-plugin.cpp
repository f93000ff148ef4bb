//===- lw-plugin.cpp - The lw dialect and passes for a stock mlir-opt
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
//   mlir-opt-22 --load-dialect-plugin=./LwPlugin.so
//   --load-pass-plugin=./LwPlugin.so
//     --pass-pipeline='builtin.module(convert-linalg-to-lw, ...)' in.mlir
//
// MLIR checks the version of the plugin structure, which does not change
// between releases, but not its own. A plugin that meets another MLIR than the
// one it was built with brings a second copy into the process and crashes
// somewhere later; therefore the copies that are loaded are looked at first.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwDialect.h"
#include "lw/InitAll.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "llvm/Config/llvm-config.h"
#include <cstdio>
#include <link.h>
#include <string>

namespace {

constexpr const char *kVersion = LLVM_VERSION_STRING;

/// The loaded objects in the order of loading: the host and what it links come
/// before the plugin, what only the plugin links comes after it.
struct LoadedObjects {
  ElfW(Addr) plugin = 0;
  bool seenPlugin = false;
  std::string hostMlir, ownMlir;

  static int visit(dl_phdr_info *info, size_t, void *data) {
    auto &self = *static_cast<LoadedObjects *>(data);
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const ElfW(Phdr) &segment = info->dlpi_phdr[i];
      ElfW(Addr) begin = info->dlpi_addr + segment.p_vaddr;
      if (segment.p_type == PT_LOAD && self.plugin >= begin &&
          self.plugin < begin + segment.p_memsz)
        self.seenPlugin = true;
    }
    std::string name(info->dlpi_name);
    name.erase(0, name.rfind('/') + 1);
    if (name.rfind("libMLIR.so", 0) == 0)
      (self.seenPlugin ? self.ownMlir : self.hostMlir) = name;
    return 0;
  }
};

/// True when the host runs on the MLIR library that this plugin was built for;
/// otherwise says on stderr what was expected and found.
bool hostMatches() {
  LoadedObjects objects;
  objects.plugin = reinterpret_cast<ElfW(Addr)>(&hostMatches);
  dl_iterate_phdr(LoadedObjects::visit, &objects);
  if (!objects.hostMlir.empty() && objects.ownMlir.empty())
    return true;
  std::string found = objects.hostMlir.empty() ? "links no shared MLIR library"
                                               : "links " + objects.hostMlir;
  std::fprintf(stderr,
               "LwPlugin: expects a host that links %s of LLVM %s, but this "
               "host %s; use the mlir-opt of LLVM %d.%d built with shared "
               "libraries, or build lw against the host's MLIR "
               "(-DMLIR_DIR=...)\n",
               objects.ownMlir.c_str(), kVersion, found.c_str(),
               LLVM_VERSION_MAJOR, LLVM_VERSION_MINOR);
  return false;
}

} // namespace

// A null callback makes the host refuse the plugin and exit with an error.

extern "C" LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::DialectPluginLibraryInfo
mlirGetDialectPluginInfo() {
  void (*registerDialects)(mlir::DialectRegistry *) =
      [](mlir::DialectRegistry *registry) {
        registry->insert<mlir::lw::LwDialect>();
      };
  return {MLIR_PLUGIN_API_VERSION, "lw", kVersion,
          hostMatches() ? registerDialects : nullptr};
}

extern "C" LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::PassPluginLibraryInfo
mlirGetPassPluginInfo() {
  void (*registerPasses)() = [] { mlir::lw::registerAllPasses(); };
  return {MLIR_PLUGIN_API_VERSION, "lw", kVersion,
          hostMatches() ? registerPasses : nullptr};
}

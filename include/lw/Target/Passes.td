//===- Passes.td - lw Target passes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TARGET_PASSES_TD
#define LW_TARGET_PASSES_TD

include "mlir/Pass/PassBase.td"

def LwSetTarget : Pass<"lw-set-target", "::mlir::ModuleOp"> {
  let summary = "Say which processor the module is compiled for";
  let description = [{
    Writes `lw.target = #lw.target<...>` on the module, with every part spelled
    out, so that what follows depends on the module alone. Passes that choose or
    make code read it and fail where it is missing. Fails when LLVM does not know
    the triple, the cpu or a feature.
  }];
  let options = [
    Option<"triple", "triple", "std::string", "\"\"",
           "LLVM target triple; by default the host's">,
    Option<"cpu", "cpu", "std::string", "\"\"",
           "LLVM's name of the cpu, or native; by default the host with all its features">,
    Option<"features", "features", "std::string", "\"\"",
           "Features to add or take away, e.g. +avx2,-avx512f">
  ];
  let dependentDialects = ["::mlir::lw::LwDialect"];
}

#endif // LW_TARGET_PASSES_TD

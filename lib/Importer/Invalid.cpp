//===- Invalid.cpp - What is wrong with an imported module
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Invalid.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

std::string mlir::lw::importer::describeInvalid(ModuleOp module) {
  std::string message;
  ScopedDiagnosticHandler handler(
      module.getContext(), [&](Diagnostic &diagnostic) {
        if (!message.empty() ||
            diagnostic.getSeverity() != DiagnosticSeverity::Error)
          return success();
        if (auto name = dyn_cast<NameLoc>(diagnostic.getLocation()))
          message = "node '" + name.getName().str() + "': ";
        message += diagnostic.str();
        return success();
      });
  if (failed(verify(module)) && message.empty())
    message = "the imported network is not valid";
  return message;
}

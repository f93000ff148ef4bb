//===- InitAll.cpp - The one registration list
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/InitAll.h"
#include "lw/Codegen/Passes.h"
#include "lw/Conversion/Passes.h"
#include "lw/Dialect/IR/LwDialect.h"
#include "lw/Lowering/Passes.h"
#include "lw/Pipelines/Pipelines.h"
#include "lw/Target/Passes.h"
#include "lw/Transforms/Passes.h"
#include "mlir/InitAllDialects.h"

using namespace mlir;

void lw::registerAllDialects(DialectRegistry &registry) {
  ::mlir::registerAllDialects(registry);
  registry.insert<LwDialect>();
}

void lw::registerAllPasses() {
  registerLwTransformsPasses();
  registerLwConversionPasses();
  registerLwTargetPasses();
  registerLwLoweringPasses();
  registerLwCodegenPasses();
  registerLwPipelines();
}

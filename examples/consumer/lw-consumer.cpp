//===- lw-consumer.cpp - Use of an installed lw from another project
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
//   lw-consumer [MODEL.onnx]
//
// Imports a network, or parses a module with a 1x1 convolution in the general
// form, runs passes on it and prints it with each convolution's
// multiply-accumulate count.
//
//===----------------------------------------------------------------------===//

#include "lw/Dialect/IR/LwOps.h"
#include "lw/Importer/Onnx.h"
#include "lw/InitAll.h"
#include "lw/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/raw_ostream.h"

static constexpr llvm::StringLiteral source = R"(
  func.func @main(%x: tensor<1x8x8x16xf32>, %w: tensor<1x1x16x32xf32>)
      -> tensor<1x8x8x32xf32> {
    %y = lw.conv_2d %x, %w
         : (tensor<1x8x8x16xf32>, tensor<1x1x16x32xf32>) -> tensor<1x8x8x32xf32>
    return %y : tensor<1x8x8x32xf32>
  }
)";

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::lw::registerAllDialects(registry);
  mlir::lw::registerAllPasses();
  mlir::MLIRContext context(registry);

  mlir::OwningOpRef<mlir::ModuleOp> module =
      argc == 2 ? mlir::lw::importOnnx(argv[1], context)
                : mlir::parseSourceString<mlir::ModuleOp>(source, &context);
  if (!module)
    return 1;
  mlir::PassManager passes(&context);
  passes.addPass(mlir::createCanonicalizerPass());
  passes.addNestedPass<mlir::func::FuncOp>(mlir::lw::createLwFoldBatchNorm());
  if (mlir::failed(passes.run(*module)))
    return 1;
  module->print(llvm::outs(),
                mlir::OpPrintingFlags().elideLargeElementsAttrs());
  llvm::outs() << '\n';
  module->walk([](mlir::lw::ConvolutionOpInterface conv) {
    llvm::outs() << conv->getName() << ": " << conv.getMacs() << " MACs\n";
  });
  return 0;
}

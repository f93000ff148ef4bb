//===- ModuleFile.cpp - Networks to and from files
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/ModuleFile.h"
#include "lw/Exporter/Onnx.h"
#include "lw/Importer/Onnx.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Support/OutputFile.h"
#include "lw/Support/Table.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using llvm::createStringError;
namespace fs = llvm::sys::fs;

/// A file or pipe; a device such as /dev/zero need not end.
static llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
readNetworkFile(StringRef path) {
  fs::file_status status;
  std::error_code error = fs::status(path, status);
  if (!error && (status.type() == fs::file_type::character_file ||
                 status.type() == fs::file_type::block_file))
    return createStringError("cannot read '%s': it is a device, expected a "
                             "file or a pipe",
                             path.str().c_str());
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/true);
  if (!buffer)
    return createStringError("cannot read '%s': %s", path.str().c_str(),
                             buffer.getError().message().c_str());
  return std::move(*buffer);
}

llvm::Error lw::checkBatch(ModuleOp module, StringRef path, int64_t batch) {
  auto main = module.lookupSymbol<func::FuncOp>(kEntryFunction);
  // Without @main, later phases say so.
  if (!main)
    return llvm::Error::success();
  std::string inputs;
  for (Type type : main.getArgumentTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || tensor.getRank() == 0)
      continue;
    if (tensor.getDimSize(0) == batch)
      return llvm::Error::success();
    inputs += (inputs.empty() ? ", its inputs are " : ", ") +
              joinExtents(tensor.getShape());
  }
  return createStringError(
      "--batch=%lld: the batch of '%s' is fixed%s; export the network with a "
      "symbolic first dimension, or leave the flag out",
      static_cast<long long>(batch), path.str().c_str(), inputs.c_str());
}

llvm::Expected<OwningOpRef<ModuleOp>>
lw::readModule(StringRef path, MLIRContext &context,
               const InputShapes &inputs) {
  if (!isOnnxPath(path) && (!inputs.shapes.empty() || !inputs.dims.empty() ||
                            !inputs.values.empty()))
    return createStringError("--shape, --dim and --input-value are for ONNX "
                             "files; '%s' says all extents itself",
                             path.str().c_str());
  auto buffer = readNetworkFile(path);
  if (!buffer)
    return buffer.takeError();
  OwningOpRef<ModuleOp> module;
  if (isOnnxPath(path)) {
    OnnxImportOptions options;
    options.inputs = inputs;
    options.notes = &llvm::errs();
    module = importOnnx(path, context, options);
  } else {
    llvm::SourceMgr sources;
    sources.AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
    SourceMgrDiagnosticHandler handler(sources, &context);
    module = parseSourceFile<ModuleOp>(sources, &context);
  }
  if (!module)
    return createStringError("cannot import '%s'", path.str().c_str());
  if (inputs.batch)
    if (llvm::Error error = checkBatch(*module, path, *inputs.batch))
      return std::move(error);
  return std::move(module);
}

bool lw::isOnnxPath(StringRef path) {
  return path.ends_with_insensitive(".onnx");
}

llvm::Error lw::writeModule(ModuleOp module, StringRef path, bool bytecode) {
  if (bytecode) {
    AttrTypeReplacer replacer;
    replacer.addReplacement([](FileLineColRange place) -> Attribute {
      return UnknownLoc::get(place.getContext());
    });
    replacer.recursivelyReplaceElementsIn(module, /*replaceAttrs=*/false,
                                          /*replaceLocs=*/true,
                                          /*replaceTypes=*/false);
  }
  return writeOutput(path, [&](llvm::raw_ostream &stream) -> llvm::Error {
    if (!bytecode)
      module->print(stream);
    else if (failed(writeBytecodeToFile(module, stream)))
      return createStringError("'%s': bytecode cannot be written",
                               path.str().c_str());
    return llvm::Error::success();
  });
}

llvm::Error lw::writeOnnx(ModuleOp module, StringRef path) {
  FailureOr<std::string> bytes = exportOnnx(module);
  if (failed(bytes))
    return createStringError("cannot write '%s': the network cannot be "
                             "exported to ONNX",
                             path.str().c_str());
  return writeFile(path, *bytes);
}

//===- Onnx.cpp - Import of ONNX networks
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Importer/Onnx.h"
#include "Graph.h"
#include "InputType.h"
#include "Invalid.h"
#include "Labels.h"
#include "OpTable.h"
#include "TensorData.h"
#include "lw/Dialect/IR/LwDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw::importer;

namespace {

/// Imports one file.
class Importer {
public:
  Importer(StringRef path, MLIRContext &context,
           const lw::OnnxImportOptions &options)
      : path(path), options(options), builder(&context), build(builder),
        file{path.str(), llvm::sys::path::parent_path(path).str(), build} {}

  OwningOpRef<ModuleOp> run();

private:
  LogicalResult error(const Twine &message) { return file.error(message); }

  LogicalResult parse();
  LogicalResult readOpset();
  void readFunctions();
  LogicalResult chooseOutputs();
  void noteConversion(const EdgeType &edge);
  LogicalResult makeFunction();
  LogicalResult makeResults();
  void eraseUnused();

  const ::onnx::GraphProto &graph() const { return model.graph(); }

  std::string path;
  const lw::OnnxImportOptions &options;
  OpBuilder builder;
  GraphBuilder build;
  ::onnx::ModelProto model;
  int64_t opset = 0;
  FileContext file;
  std::optional<GraphImporter> main;
  SmallVector<const ::onnx::ValueInfoProto *> outputs;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  bool noted = false;
};

} // namespace

LogicalResult Importer::parse() {
  if (options.inputs.batch && *options.inputs.batch < 1)
    return error("expects a batch of at least 1, found " +
                 Twine(*options.inputs.batch));
  if (!llvm::sys::fs::exists(path))
    return error("no such file");
  if (!llvm::sys::fs::is_regular_file(path))
    return error("expects a regular file");
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return error("cannot read: " + buffer.getError().message());
  StringRef bytes = (*buffer)->getBuffer();
  if (bytes.size() > std::numeric_limits<int>::max())
    return error("protobuf files end at 2 GiB; store the weights as external "
                 "data");
  if (!model.ParsePartialFromArray(bytes.data(), bytes.size()))
    return error("not an ONNX file, or truncated or damaged (" +
                 Twine(bytes.size()) + " bytes)");
  if (!model.has_graph())
    return error("not an ONNX file: it holds no graph");
  return success();
}

LogicalResult Importer::readOpset() {
  for (const auto &import : model.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx")
      opset = import.version();
  // A file may be of operators of other domains alone.
  auto isOfDefaultDomain = [](const ::onnx::NodeProto &node) {
    return node.domain().empty() || node.domain() == "ai.onnx";
  };
  if (opset == 0 && model.opset_import_size() > 0 &&
      llvm::none_of(graph().node(), isOfDefaultDomain))
    opset = kNewestOpset;
  if (opset >= kOldestOpset && opset <= kNewestOpset)
    return success();
  return error("expects opset " + Twine(kOldestOpset) + " to " +
               Twine(kNewestOpset) + " of the default domain, found " +
               (opset ? Twine(opset) : Twine("none")) +
               "; convert the model with onnx.version_converter");
}

void Importer::readFunctions() {
  for (const ::onnx::FunctionProto &function : model.functions()) {
    bool isDefault =
        function.domain().empty() || function.domain() == "ai.onnx";
    std::string name =
        isDefault ? function.name() : function.domain() + "." + function.name();
    if (!file.functions.try_emplace(name, &function).second)
      file.functions[name] = nullptr;
  }
}

LogicalResult Importer::makeFunction() {
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  SmallVector<StringRef> names;
  SmallVector<const ::onnx::ValueInfoProto *> inputs;
  llvm::StringSet<> batches = batchNames(graph().input());
  SmallVector<EdgeType> edges;
  for (const auto &input : graph().input()) {
    // Before IR version 4 every initializer is listed as an input, too.
    if (main->isDefined(input.name()) &&
        !llvm::is_contained(names, input.name()))
      continue;
    if (!main->define(input.name(), nullptr))
      return error("input '" + input.name() + "' is defined twice");
    inputs.push_back(&input);
    auto type =
        readInputType(input, builder.getContext(), options.inputs, batches);
    if (!type) {
      (void)error(llvm::toString(type.takeError()));
      main->setMissing(input.name());
      continue;
    }
    if (type->hasOtherBatch)
      file.otherBatch = options.inputs.batch;
    auto value = readInputValue(input.name(), *type, options.inputs);
    if (!value)
      return error(llvm::toString(value.takeError()));
    if (*value) {
      main->redefine(input.name(), GraphBuilder::fromConstant(*value));
      continue;
    }
    names.push_back(input.name());
    edges.push_back(type->edge);
    noteConversion(type->edge);
    types.push_back(RankedTensorType::get(type->shape, type->edge.type));
    attributes.push_back(describeEdge(builder, input.name(), type->edge));
  }
  if (llvm::Error wrong = checkInputShapes(inputs, options.inputs))
    return error(llvm::toString(std::move(wrong)));

  Location fileLoc = FileLineColLoc::get(builder.getContext(), path, 0, 0);
  module = ModuleOp::create(fileLoc);
  builder.setInsertionPointToEnd(module->getBody());
  function = func::FuncOp::create(builder, fileLoc, "main",
                                  builder.getFunctionType(types, {}));
  function.setAllArgAttrs(attributes);
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToEnd(entry);
  for (auto [name, argument, edge] :
       llvm::zip(names, entry->getArguments(), edges)) {
    build.loc = NameLoc::get(builder.getStringAttr(name));
    main->redefine(name, fromEdge(build, argument, edge));
  }
  return success();
}

/// Says once that floats of other sizes are computed in f32.
void Importer::noteConversion(const EdgeType &edge) {
  if (edge.element != Element::Float ||
      edge.dataType == ::onnx::TensorProto::FLOAT || noted || !options.notes)
    return;
  noted = true;
  llvm::WithColor::note(*options.notes)
      << path << ": " << elementTypeName(edge.dataType)
      << " is computed in float32; inputs and outputs are of the declared "
         "type\n";
}

/// All outputs but those of strings, which only name what the others number.
LogicalResult Importer::chooseOutputs() {
  if (graph().output_size() == 0)
    return error("the graph has no outputs");
  for (const auto &output : graph().output()) {
    if (output.type().tensor_type().elem_type() !=
        ::onnx::TensorProto::STRING) {
      outputs.push_back(&output);
      continue;
    }
    if (options.notes)
      llvm::WithColor::note(*options.notes)
          << path << ": output '" << output.name()
          << "' is of strings, which are not computed, and left out"
          << describeLabels(graph(), output.name()) << "\n";
  }
  if (outputs.empty())
    return error("all outputs are of strings, which are not computed; make "
                 "the scores or the numbers of the classes an output");
  return success();
}

LogicalResult Importer::makeResults() {
  SmallVector<Value> values;
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  for (const ::onnx::ValueInfoProto *declared : outputs) {
    const ::onnx::ValueInfoProto &output = *declared;
    TensorRef tensor = main->lookup(output.name());
    if (!tensor)
      return error("output '" + output.name() +
                   "' is not supported (indices, masks and running statistics "
                   "are not)");
    if (main->selectionOf(output.name()))
      return error("output '" + output.name() + "' is " + kSelected);
    if (tensor->sequence)
      return error("output '" + output.name() +
                   "' is a sequence; make its tensors outputs instead");
    if (tensor->constant &&
        llvm::any_of(tensor->shape, [](int64_t x) { return x < 1; }))
      return error("output '" + output.name() + "' is empty: shape " +
                   formatShape(tensor->shape) +
                   "; take it off the network's outputs");
    if (file.otherBatch && *file.otherBatch != 1 && tensor->rank() > 1 &&
        tensor->shape.front() == 1 && !tensor->constant)
      return error("output '" + output.name() + "' of shape " +
                   formatShape(tensor->shape) +
                   " has no batch: the network fixes it at 1; leave --batch "
                   "out, or export the network with a symbolic batch");
    build.loc = NameLoc::get(builder.getStringAttr(output.name()));
    EdgeType edge = outputType(builder.getContext(), output, tensor);
    noteConversion(edge);
    values.push_back(toEdge(build, tensor, edge));
    types.push_back(values.back().getType());
    attributes.push_back(describeEdge(builder, output.name(), edge));
  }
  func::ReturnOp::create(builder, function.getLoc(), values);
  function.setFunctionType(
      builder.getFunctionType(function.getArgumentTypes(), types));
  function.setAllResultAttrs(attributes);
  return success();
}

/// Layouts that nobody asked for in the end leave operations behind.
void Importer::eraseUnused() {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

OwningOpRef<ModuleOp> Importer::run() {
  if (failed(parse()) || failed(readOpset()) || failed(chooseOutputs()))
    return nullptr;
  readFunctions();
  main.emplace(file, opset);
  SmallVector<StringRef> names;
  for (const ::onnx::ValueInfoProto *output : outputs)
    names.push_back(output->name());
  if (failed(main->readInitializers(*model.mutable_graph(), /*takes=*/true)) ||
      failed(makeFunction()) || failed(main->addNodes(graph().node())) ||
      failed(main->import(names)))
    return nullptr;
  if (failed(makeResults()))
    return nullptr;
  eraseUnused();
  std::string invalid = describeInvalid(*module);
  if (!invalid.empty() && failed(error(invalid)))
    return nullptr;
  return std::move(module);
}

OwningOpRef<ModuleOp> mlir::lw::importOnnx(StringRef path, MLIRContext &context,
                                           const OnnxImportOptions &options) {
  context.loadDialect<func::FuncDialect, math::MathDialect, tosa::TosaDialect,
                      LwDialect>();
  return Importer(path, context, options).run();
}

//===- Onnx.cpp - Import of ONNX networks
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Importer/Onnx.h"
#include "InputType.h"
#include "OpTable.h"
#include "TensorData.h"
#include "lw/Dialect/IR/LwDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
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
      : path(path), folder(llvm::sys::path::parent_path(path)),
        options(options), builder(&context), build(builder) {}

  OwningOpRef<ModuleOp> run();

private:
  LogicalResult error(const Twine &message) {
    emitError(builder.getUnknownLoc()) << path << ": " << message;
    return failure();
  }

  LogicalResult parse();
  LogicalResult readOpset();
  LogicalResult readInitializers();
  LogicalResult orderNodes();
  DictionaryAttr describeValue(StringRef name, const EdgeType &edge);
  EdgeType edgeOf(const ::onnx::ValueInfoProto &output,
                  const TensorRef &tensor);
  void noteConversion(const EdgeType &edge);
  LogicalResult makeFunction();
  LogicalResult importNode(const ::onnx::NodeProto &proto);
  LogicalResult makeResults();
  void eraseUnused();
  LogicalResult verifyModule();

  const ::onnx::GraphProto &graph() const { return model.graph(); }

  std::string path, folder;
  const lw::OnnxImportOptions &options;
  OpBuilder builder;
  GraphBuilder build;
  ::onnx::ModelProto model;
  int64_t opset = 0;
  SmallVector<const ::onnx::NodeProto *> order;
  llvm::StringMap<TensorRef> tensors;
  llvm::StringMap<std::string> unreadable; // initializers, and why
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  bool noted = false;
};

} // namespace

LogicalResult Importer::parse() {
  if (options.batch < 1)
    return error("expects a batch of at least 1, found " +
                 Twine(options.batch));
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
  if (opset >= kOldestOpset && opset <= kNewestOpset)
    return success();
  return error("expects opset " + Twine(kOldestOpset) + " to " +
               Twine(kNewestOpset) + " of the default domain, found " +
               (opset ? Twine(opset) : Twine("none")) +
               "; convert the model with onnx.version_converter");
}

LogicalResult Importer::readInitializers() {
  for (const auto &sparse : graph().sparse_initializer())
    unreadable[sparse.values().name()] =
        "sparse tensors are not supported; store it dense";
  for (::onnx::TensorProto &proto :
       *model.mutable_graph()->mutable_initializer()) {
    llvm::Expected<ConstantRef> tensor = readTensor(proto, folder);
    TensorRef constant;
    if (tensor)
      constant = GraphBuilder::fromConstant(*tensor);
    else // is an error where somebody uses it
      unreadable[proto.name()] = llvm::toString(tensor.takeError());
    if (!tensors.try_emplace(proto.name(), constant).second)
      return error("initializer '" + proto.name() + "' is defined twice");
    // The decoded copy replaces the one in the message.
    delete proto.release_raw_data();
    google::protobuf::RepeatedField<float>().Swap(proto.mutable_float_data());
  }
  return success();
}

/// Sorts the nodes that the outputs need so that operands come first.
LogicalResult Importer::orderNodes() {
  llvm::StringMap<const ::onnx::NodeProto *> producers;
  for (const ::onnx::NodeProto &node : graph().node())
    for (const std::string &output : node.output())
      if (!output.empty() && (tensors.count(output) ||
                              !producers.try_emplace(output, &node).second))
        return error("tensor '" + output + "' is defined twice");

  enum State { Unseen, Open, Done };
  llvm::DenseMap<const ::onnx::NodeProto *, State> states;
  // Depth first without recursion; a node is emitted after its operands.
  SmallVector<std::pair<const ::onnx::NodeProto *, int>> stack;
  auto visit = [&](StringRef name, StringRef user) -> LogicalResult {
    if (auto bad = unreadable.find(name); bad != unreadable.end())
      return error("initializer '" + name + "': " + bad->second);
    if (name.empty() || tensors.count(name))
      return success();
    const ::onnx::NodeProto *node = producers.lookup(name);
    if (!node)
      return error("tensor '" + name + "', used by " + user +
                   ", is neither an input, an initializer nor the output of a "
                   "node");
    State &state = states[node];
    if (state == Open)
      return error("the graph is cyclic through tensor '" + name + "'");
    if (state == Unseen) {
      state = Open;
      stack.push_back({node, 0});
    }
    return success();
  };
  for (const auto &output : graph().output()) {
    if (failed(visit(output.name(), "the network's outputs")))
      return failure();
    while (!stack.empty()) {
      auto &[node, next] = stack.back();
      if (next == node->input_size()) {
        states[node] = Done;
        order.push_back(node);
        stack.pop_back();
        continue;
      }
      const std::string &input = node->input(next++);
      std::string user =
          "node '" + node->name() + "' (" + node->op_type() + ")";
      if (failed(visit(input, user)))
        return failure();
    }
  }
  return success();
}

/// Attributes of an argument or result: its name, and what its type does not
/// say of its elements.
DictionaryAttr Importer::describeValue(StringRef name, const EdgeType &edge) {
  NamedAttrList attributes;
  attributes.set("lw.name", builder.getStringAttr(name));
  if (edge.isUnsigned)
    attributes.set("lw.unsigned", builder.getUnitAttr());
  if (edge.isBool())
    attributes.set("lw.bool", builder.getUnitAttr());
  return attributes.getDictionary(builder.getContext());
}

LogicalResult Importer::makeFunction() {
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  SmallVector<StringRef> names;
  SmallVector<EdgeType> edges;
  for (const auto &input : graph().input()) {
    // Before IR version 4 every initializer is listed as an input, too.
    if (tensors.count(input.name()) && !llvm::is_contained(names, input.name()))
      continue;
    auto type = readInputType(input, builder.getContext(), options.batch);
    if (!type)
      return error(llvm::toString(type.takeError()));
    if (!tensors.try_emplace(input.name()).second)
      return error("input '" + input.name() + "' is defined twice");
    names.push_back(input.name());
    edges.push_back(type->edge);
    noteConversion(type->edge);
    types.push_back(RankedTensorType::get(type->shape, type->edge.type));
    attributes.push_back(describeValue(input.name(), type->edge));
  }

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
    tensors[name] = fromEdge(build, argument, edge);
  }
  return success();
}

LogicalResult Importer::importNode(const ::onnx::NodeProto &proto) {
  Node node(proto, opset, path, folder, build);
  build.loc = NameLoc::get(builder.getStringAttr(
      node.name().empty() ? proto.op_type() : node.name()));
  const OpEntry *entry = findOp(tableName(proto), opset);
  for (const std::string &input : proto.input()) {
    node.inputs.push_back(input.empty() ? nullptr : tensors.lookup(input));
    if (!input.empty() && !node.inputs.back())
      return node.error("input '" + input +
                        "' is an output that is not supported (indices, masks "
                        "and running statistics are not)");
  }
  for (int64_t i = 0; i < entry->requiredInputs; ++i)
    if (!node.input(i))
      return node.error("expects " + Twine(entry->requiredInputs) +
                        " inputs, input " + Twine(i) + " is missing");
  for (const TensorRef &input : node.inputs) {
    if (input && !input->constant && failed(node.checkShape(input->shape)))
      return failure();
    if (input && input->rank() > kMaxRank)
      return node.error("tensors of rank " + Twine(input->rank()) +
                        " are not supported, only up to " + Twine(kMaxRank));
  }
  if (failed(importOperator(node, *entry)) || node.hasFailed())
    return failure();
  for (int i = 0; i < proto.output_size(); ++i) {
    if (proto.output(i).empty())
      continue;
    // Indices, masks and running statistics have none.
    if (i < static_cast<int>(node.results.size()))
      tensors[proto.output(i)] = node.results[i];
  }
  return success();
}

/// The declared type of an output, or what it is held in where the two do not
/// fit: floats are no integers.
EdgeType Importer::edgeOf(const ::onnx::ValueInfoProto &output,
                          const TensorRef &tensor) {
  Element held = elementOf(tensor);
  auto declared = EdgeType::get(builder.getContext(),
                                output.type().tensor_type().elem_type());
  if (declared && (declared->element == held ||
                   (isWide(declared->element) && isWide(held))))
    return *declared;
  return *EdgeType::get(builder.getContext(), dataTypeOf(held));
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

LogicalResult Importer::makeResults() {
  SmallVector<Value> values;
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  if (graph().output_size() == 0)
    return error("the graph has no outputs");
  for (const auto &output : graph().output()) {
    TensorRef tensor = tensors.lookup(output.name());
    if (!tensor)
      return error("output '" + output.name() +
                   "' is not supported (indices, masks and running statistics "
                   "are not)");
    if (tensor->constant &&
        llvm::any_of(tensor->shape, [](int64_t x) { return x < 1; }))
      return error("output '" + output.name() + "' is empty: shape " +
                   formatShape(tensor->shape));
    build.loc = NameLoc::get(builder.getStringAttr(output.name()));
    EdgeType edge = edgeOf(output, tensor);
    noteConversion(edge);
    values.push_back(toEdge(build, tensor, edge));
    types.push_back(values.back().getType());
    attributes.push_back(describeValue(output.name(), edge));
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

LogicalResult Importer::verifyModule() {
  std::string message;
  LogicalResult result = success();
  {
    ScopedDiagnosticHandler handler(
        builder.getContext(), [&](Diagnostic &diagnostic) {
          if (!message.empty() ||
              diagnostic.getSeverity() != DiagnosticSeverity::Error)
            return success();
          if (auto name = dyn_cast<NameLoc>(diagnostic.getLocation()))
            message = "node '" + name.getName().str() + "': ";
          message += diagnostic.str();
          return success();
        });
    result = verify(*module);
  }
  if (failed(result))
    return error(message);
  return success();
}

OwningOpRef<ModuleOp> Importer::run() {
  if (failed(parse()) || failed(readOpset()) || failed(readInitializers()) ||
      failed(makeFunction()) || failed(orderNodes()))
    return nullptr;
  std::string unsupported = describeUnsupported(order, opset);
  if (!unsupported.empty()) {
    (void)error("operators that are not supported: " + unsupported +
                ". `lw-translate --print-onnx-ops` lists those that are; "
                "remove the nodes or export the model with supported ones");
    return nullptr;
  }
  for (const ::onnx::NodeProto *node : order)
    if (failed(importNode(*node)))
      return nullptr;
  if (failed(makeResults()))
    return nullptr;
  eraseUnused();
  if (failed(verifyModule()))
    return nullptr;
  return std::move(module);
}

OwningOpRef<ModuleOp> mlir::lw::importOnnx(StringRef path, MLIRContext &context,
                                           const OnnxImportOptions &options) {
  context.loadDialect<func::FuncDialect, math::MathDialect, tosa::TosaDialect,
                      LwDialect>();
  return Importer(path, context, options).run();
}

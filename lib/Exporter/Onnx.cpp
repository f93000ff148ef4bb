//===- Onnx.cpp - Export of networks to ONNX
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Exporter/Onnx.h"
#include "OpTable.h"
#include "Recurrent.h"
#include "Signedness.h"
#include "lw/Dialect/IR/LwDialect.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Version.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringSet.h"
#include <limits>

using namespace mlir;
using namespace mlir::lw::exporter;

/// What every onnxruntime since 1.12 reads.
static constexpr int64_t kOpset = 17, kIrVersion = 8;

namespace {

/// Exports one network.
class Exporter {
public:
  explicit Exporter(ModuleOp module)
      : module(module), graph(*model.mutable_graph()) {}

  FailureOr<std::string> run();

private:
  LogicalResult findEntry();
  LogicalResult nameEnds();
  LogicalResult checkTypes(Operation *op);
  LogicalResult exportOp(Operation &op);
  void makeOutputs();

  ModuleOp module;
  func::FuncOp main;
  ::onnx::ModelProto model;
  Graph graph;
  std::vector<std::string> outputs;
  /// Parts of others.
  llvm::SmallPtrSet<Operation *, 8> parts;
  /// Names of operations that are not in the table.
  llvm::StringSet<> unknown;
};

} // namespace

LogicalResult Exporter::findEntry() {
  main = module.lookupSymbol<func::FuncOp>(lw::kEntryFunction);
  if (!main || main.isExternal())
    return module.emitError("cannot be exported to ONNX: expected a function "
                            "@main with a body");
  if (!main.getBody().hasOneBlock())
    return main.emitError("cannot be exported to ONNX: expected one block; "
                          "control flow has no form in ONNX here");
  if (main.getNumResults() == 0)
    return main.emitError("cannot be exported to ONNX: it has no results");
  return success();
}

/// Type of the elements of an input or output: bool, and integers without a
/// sign, are marked by attributes.
static int32_t edgeTypeOf(Value value, DictionaryAttr attributes) {
  if (attributes && attributes.contains(lw::kBoolElementsAttr))
    return TensorProto::BOOL;
  int32_t type = elementTypeOf(value);
  if (!attributes || !attributes.contains(lw::kUnsignedElementsAttr))
    return type;
  switch (type) {
  case TensorProto::INT8:
    return TensorProto::UINT8;
  case TensorProto::INT16:
    return TensorProto::UINT16;
  case TensorProto::INT32:
    return TensorProto::UINT32;
  case TensorProto::INT64:
    return TensorProto::UINT64;
  default:
    return type;
  }
}

/// Describes an input or output; fails where its type has no form in ONNX.
static LogicalResult describe(::onnx::ValueInfoProto &info, func::FuncOp main,
                              Value value, DictionaryAttr attributes,
                              const std::string &name) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  int32_t element =
      type ? edgeTypeOf(value, attributes) : int32_t(TensorProto::UNDEFINED);
  if (!type || !type.hasStaticShape() || type.getNumElements() == 0 ||
      element == TensorProto::UNDEFINED)
    return main.emitError("cannot be exported to ONNX: expected '")
           << name
           << "' to be a tensor of floats, integers or bool with a static "
              "shape, found "
           << value.getType();
  info.set_name(name);
  auto *tensor = info.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(element);
  auto *shape = tensor->mutable_shape();
  for (int64_t extent : type.getShape())
    shape->add_dim()->set_dim_value(extent);
  return success();
}

/// Inputs and outputs have their names first; what is inside gives way.
LogicalResult Exporter::nameEnds() {
  auto nameOf = [&](Attribute attribute, StringRef kind, int64_t index) {
    auto name = dyn_cast_or_null<StringAttr>(attribute);
    return graph.tensorName(name ? Twine(name.getValue())
                                 : Twine(kind) + Twine(index));
  };
  for (BlockArgument argument : main.getArguments()) {
    int64_t index = argument.getArgNumber();
    std::string name =
        nameOf(main.getArgAttr(index, lw::kNameAttr), "input", index);
    ::onnx::ValueInfoProto &info = *model.mutable_graph()->add_input();
    DictionaryAttr attributes = main.getArgAttrDict(index);
    if (failed(describe(info, main, argument, attributes, name)))
      return failure();
    auto type = cast<RankedTensorType>(argument.getType());
    graph.set(argument,
              makeTensor(type.getShape(), edgeTypeOf(argument, attributes),
                         identityOrder(type.getRank()), name));
  }
  Operation *end = main.getBody().front().getTerminator();
  for (auto [index, value] : llvm::enumerate(end->getOperands())) {
    outputs.push_back(
        nameOf(main.getResultAttr(index, lw::kNameAttr), "output", index));
    ::onnx::ValueInfoProto &info = *model.mutable_graph()->add_output();
    if (failed(describe(info, main, value, main.getResultAttrDict(index),
                        outputs.back())))
      return failure();
  }
  return success();
}

/// Shapes must be known and elements be of a type that is exported.
LogicalResult Exporter::checkTypes(Operation *op) {
  SmallVector<Value> values(op->getOperands());
  llvm::append_range(values, op->getResults());
  for (Value value : values) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      continue;
    if (!type.hasStaticShape())
      return refuse(op, "its shapes are not static; give the inputs of @main "
                        "static shapes");
    if (type.getNumElements() == 0)
      return refuse(op, "a tensor has no elements; `lw-opt --lw-clean` takes "
                        "them away");
    if (elementTypeOf(value) == TensorProto::UNDEFINED)
      return refuse(op, "tensors of ")
             << type.getElementType()
             << " have no form in ONNX; convert the network to f32";
  }
  return success();
}

LogicalResult Exporter::exportOp(Operation &op) {
  if (isa<func::ReturnOp>(op) || op.hasTrait<OpTrait::ConstantLike>() ||
      (op.use_empty() && isMemoryEffectFree(&op)) || parts.contains(&op))
    return success();
  const OpEntry *entry = findOp(op.getName().getStringRef());
  // Once is enough.
  if (!entry && !unknown.insert(op.getName().getStringRef()).second)
    return failure();
  if (!entry)
    return refuse(&op, "")
           << "it is not in the table of `lw-translate --print-onnx-ops`; "
              "`lw-opt --lw-graph-pipeline` raises linalg and tosa "
              "convolutions and "
              "inlines calls, and has to come before code is generated";
  if (failed(checkTypes(&op)))
    return failure();
  for (Value operand : op.getOperands()) {
    Operation *source = operand.getDefiningOp();
    if (!isa<RankedTensorType>(operand.getType()) || graph.find(operand) ||
        (source && parts.contains(source)))
      continue;
    if (source && source->hasTrait<OpTrait::ConstantLike>())
      return refuse(&op, "an operand is a constant that cannot be read");
    return failure(); // what makes it was refused
  }
  graph.startLayer(&op);
  return entry->emit(graph, &op, *entry);
}

void Exporter::makeOutputs() {
  Operation *end = main.getBody().front().getTerminator();
  int index = 0;
  for (auto [value, name] : llvm::zip_equal(end->getOperands(), outputs)) {
    graph.startLayer(value.getDefiningOp() ? value.getDefiningOp() : end);
    int32_t type =
        model.graph().output(index++).type().tensor_type().elem_type();
    graph.makeOutput(graph.cast(graph.find(value), type), name);
  }
}

FailureOr<std::string> Exporter::run() {
  if (failed(findEntry()) || failed(nameEnds()))
    return failure();
  for (auto layer : main.getOps<lw::RecurrentOp>())
    if (auto projection = Projection::find(layer); projection.conv) {
      parts.insert(projection.conv);
      if (projection.reshape)
        parts.insert(projection.reshape);
    }
  // All that has no form is named, not only the first.
  bool complete = true;
  for (Operation &op : main.getBody().front())
    complete &= succeeded(exportOp(op));
  if (!complete)
    return failure();
  makeOutputs();
  model.set_ir_version(kIrVersion);
  model.set_producer_name("lw");
  model.set_producer_version(lw::kVersion);
  model.mutable_graph()->set_name(lw::kEntryFunction.str());
  model.add_opset_import()->set_version(kOpset);
  if (model.ByteSizeLong() > std::numeric_limits<int>::max())
    return main.emitError("cannot be exported to ONNX: files end at 2 GiB, "
                          "found ")
           << static_cast<int64_t>(model.ByteSizeLong())
           << " bytes; quantize the network";
  return model.SerializeAsString();
}

FailureOr<std::string> mlir::lw::exportOnnx(ModuleOp module) {
  return Exporter(module).run();
}

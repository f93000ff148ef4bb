//===- Onnx.cpp - Export of networks to ONNX
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Exporter/Onnx.h"
#include "OpTable.h"
#include "Signedness.h"
#include "lw/Dialect/IR/LwDialect.h"
#include "lw/Lowering/EntryPoint.h"
#include "lw/Version.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"
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

/// Describes an input or output; fails where its type has no form in ONNX.
static LogicalResult describe(::onnx::ValueInfoProto &info, func::FuncOp main,
                              Value value, const std::string &name) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  int32_t element = type ? elementTypeOf(value) : TensorProto::UNDEFINED;
  if (!type || !type.hasStaticShape() || element == TensorProto::UNDEFINED)
    return main.emitError("cannot be exported to ONNX: expected '")
           << name
           << "' to be a tensor of f32, i8 or i32 with a static shape, found "
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
    if (failed(describe(info, main, argument, name)))
      return failure();
    auto type = cast<RankedTensorType>(argument.getType());
    graph.set(argument, makeTensor(type.getShape(), elementTypeOf(argument),
                                   identityOrder(type.getRank()), name));
  }
  Operation *end = main.getBody().front().getTerminator();
  for (auto [index, value] : llvm::enumerate(end->getOperands())) {
    outputs.push_back(
        nameOf(main.getResultAttr(index, lw::kNameAttr), "output", index));
    ::onnx::ValueInfoProto &info = *model.mutable_graph()->add_output();
    if (failed(describe(info, main, value, outputs.back())))
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
    if (elementTypeOf(value) == TensorProto::UNDEFINED)
      return refuse(op, "tensors of ")
             << type.getElementType()
             << " are not exported; convert the network to f32";
  }
  return success();
}

LogicalResult Exporter::exportOp(Operation &op) {
  if (isa<func::ReturnOp>(op) || op.hasTrait<OpTrait::ConstantLike>() ||
      (op.use_empty() && isMemoryEffectFree(&op)))
    return success();
  const OpEntry *entry = findOp(op.getName().getStringRef());
  if (!entry)
    return refuse(&op, "")
           << "it is not in the table of `lw-translate --print-onnx-ops`; "
              "`lw-opt --lw-graph-pipeline` raises linalg and tosa "
              "convolutions and "
              "inlines calls, and has to come before code is generated";
  if (failed(checkTypes(&op)))
    return failure();
  for (Value operand : op.getOperands())
    if (isa<RankedTensorType>(operand.getType()) && !graph.find(operand))
      return refuse(&op, "an operand is a constant that cannot be read");
  graph.startLayer(&op);
  return entry->emit(graph, &op, *entry);
}

void Exporter::makeOutputs() {
  Operation *end = main.getBody().front().getTerminator();
  for (auto [value, name] : llvm::zip_equal(end->getOperands(), outputs)) {
    graph.startLayer(value.getDefiningOp() ? value.getDefiningOp() : end);
    graph.makeOutput(graph.find(value), name);
  }
}

FailureOr<std::string> Exporter::run() {
  if (failed(findEntry()) || failed(nameEnds()))
    return failure();
  for (Operation &op : main.getBody().front())
    if (failed(exportOp(op)))
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

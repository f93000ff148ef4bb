//===- ModelInfo.cpp - What a compiled network says of itself
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/ExecutionEngine/CompiledModel.h"
#include "lw/Lowering/EntryPoint.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

int64_t lw::TensorInfo::numElements() const {
  int64_t result = 1;
  for (int64_t extent : shape)
    result *= extent;
  return result;
}

int64_t lw::TensorInfo::elementBytes() const {
  return llvm::StringSwitch<int64_t>(type)
      .Cases({"i1", "i8", "si8", "ui8"}, 1)
      .Cases({"i16", "si16", "ui16", "f16", "bf16"}, 2)
      .Cases({"i32", "si32", "ui32", "f32"}, 4)
      .Cases({"i64", "si64", "ui64", "f64"}, 8)
      .Default(0);
}

namespace mlir::lw {

/// For llvm::json::ObjectMapper, which finds it by argument-dependent lookup.
static bool fromJSON(const llvm::json::Value &value, TensorInfo &tensor,
                     llvm::json::Path path) {
  llvm::json::ObjectMapper map(value, path);
  if (!map || !map.map("name", tensor.name) ||
      !map.map("shape", tensor.shape) || !map.map("type", tensor.type))
    return false;
  int64_t elements = 1;
  for (int64_t extent : tensor.shape)
    if (extent < 0 || llvm::MulOverflow(elements, extent, elements))
      return path.field("shape").report("extents out of range"), false;
  if (tensor.elementBytes() == 0)
    return path.field("type").report("unknown element type"), false;
  return true;
}

static bool fromJSON(const llvm::json::Value &value, ShapeInfo &shape,
                     llvm::json::Path path) {
  llvm::json::ObjectMapper map(value, path);
  return map && map.map("inputs", shape.inputs) &&
         map.map("outputs", shape.outputs);
}

} // namespace mlir::lw

/// The names of its `levels`; none without.
static std::vector<std::string> namesOfLevels(const llvm::json::Value &info) {
  std::vector<std::string> names;
  const llvm::json::Object *object = info.getAsObject();
  if (const auto *levels = object ? object->getArray("levels") : nullptr)
    for (const llvm::json::Value &level : *levels)
      if (const llvm::json::Object *entry = level.getAsObject())
        names.push_back(entry->getString("name").value_or("").str());
  return names;
}

llvm::Expected<lw::ModelInfo> lw::ModelInfo::parse(StringRef json) {
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(json);
  if (!value)
    return value.takeError();
  ModelInfo info;
  llvm::json::Path::Root root("model info");
  llvm::json::ObjectMapper map(*value, root);
  int64_t version = 0;
  if (!map || !map.mapOptional("interface_version", version))
    return root.getError();
  if (version != kInterfaceVersion)
    return llvm::createStringError(
        "the network has version %lld of the C interface, this lw knows %lld; "
        "compile it again",
        static_cast<long long>(version),
        static_cast<long long>(kInterfaceVersion));
  if (!map.map("name", info.name) || !map.map("inputs", info.inputs) ||
      !map.map("outputs", info.outputs) ||
      !map.map("arena_bytes", info.arenaBytes) || !map.map("cpu", info.cpu) ||
      !map.map("features", info.features) ||
      !map.map("lw_version", info.lwVersion) ||
      !map.mapOptional("threads", info.threads) ||
      !map.mapOptional("shapes", info.shapes) ||
      !map.mapOptional("labels", info.labels))
    return root.getError();
  if (const llvm::json::Object *image =
          value->getAsObject()->getObject("image")) {
    info.resize = image->getString("resize").value_or("").str();
    info.crop = image->getString("crop").value_or("").str();
  }
  info.levels = namesOfLevels(*value);
  return info;
}

//===- BatchPlan.cpp - The runs of functions that are a run of a network --===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Lowering/BatchPlan.h"
#include "lw/Support/MemoryPlan.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::lw;

int64_t BatchArray::bytes() const {
  int64_t bytes = llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
  for (int64_t extent : shape)
    bytes *= extent;
  return bytes;
}

/// The number `name` of `attributes`, or what stands where there is none.
static int64_t numberOf(DictionaryAttr attributes, StringRef name,
                        int64_t otherwise) {
  auto number = attributes.getAs<IntegerAttr>(name);
  return number ? number.getInt() : otherwise;
}

BatchPlan BatchPlan::get(ModuleOp module) {
  BatchPlan plan;
  auto entry = module->getAttrOfType<DictionaryAttr>(kEntryAttr);
  if (!entry)
    entry = DictionaryAttr::get(module.getContext());
  auto addArrays = [&](StringRef name) {
    auto arrays = entry.getAs<ArrayAttr>(name);
    if (!arrays)
      return;
    for (auto array : arrays.getAsRange<DictionaryAttr>())
      plan.arrays.push_back(
          {SmallVector<int64_t>(
               array.getAs<DenseI64ArrayAttr>("shape").asArrayRef()),
           array.getAs<TypeAttr>("type").getValue(),
           numberOf(array, "offset", 0)});
  };
  addArrays("inputs");
  addArrays("outputs");
  plan.edges = plan.arrays.size();
  addArrays(kBetweenName);
  auto stages = entry.getAs<ArrayAttr>(kStagesName);
  if (!stages) {
    BatchStage whole;
    llvm::append_range(whole.arrays, llvm::seq<int64_t>(plan.edges));
    whole.arenaBytes = numberOf(entry, "arena_bytes", 0);
    plan.stages.push_back(std::move(whole));
    return plan;
  }
  for (auto attributes : stages.getAsRange<DictionaryAttr>()) {
    BatchStage stage;
    stage.function = attributes.getAs<StringAttr>("function").str();
    stage.runs = numberOf(attributes, "runs", 1);
    stage.parts = numberOf(attributes, "parts", 1);
    llvm::append_range(
        stage.arrays,
        attributes.getAs<DenseI64ArrayAttr>("arrays").asArrayRef());
    stage.arenaBytes = numberOf(attributes, "arena_bytes", 0);
    stage.arenaOffset = numberOf(attributes, "arena_offset", 0);
    plan.stages.push_back(std::move(stage));
  }
  return plan;
}

bool BatchPlan::sharesRuns(StringRef function) const {
  return llvm::any_of(stages, [&](const BatchStage &stage) {
    return stage.function == function && stage.parts > 1;
  });
}

DictionaryAttr BatchPlan::addTo(DictionaryAttr entry) const {
  Builder b(entry.getContext());
  auto number = [&](StringRef name, int64_t value) {
    return b.getNamedAttr(name, b.getI64IntegerAttr(value));
  };
  SmallVector<Attribute> between, list;
  for (const BatchArray &array : ArrayRef(arrays).drop_front(edges))
    between.push_back(b.getDictionaryAttr(
        {b.getNamedAttr("shape", b.getDenseI64ArrayAttr(array.shape)),
         b.getNamedAttr("type", TypeAttr::get(array.type)),
         number("offset", array.offset)}));
  for (const BatchStage &stage : stages)
    list.push_back(b.getDictionaryAttr(
        {b.getNamedAttr("function", b.getStringAttr(stage.function)),
         number("runs", stage.runs), number("parts", stage.parts),
         b.getNamedAttr("arrays", b.getDenseI64ArrayAttr(stage.arrays)),
         number("arena_bytes", stage.arenaBytes),
         number("arena_offset", stage.arenaOffset)}));
  NamedAttrList attributes(entry);
  if (!between.empty())
    attributes.set(kBetweenName, b.getArrayAttr(between));
  attributes.set(kStagesName, b.getArrayAttr(list));
  return attributes.getDictionary(entry.getContext());
}

int64_t BatchPlan::placeArenas() {
  SmallVector<PlannedBuffer> buffers(arrays.size() - edges + stages.size());
  auto of = llvm::MutableArrayRef(buffers);
  auto between = of.drop_back(stages.size()),
       arenas = of.take_back(stages.size());
  for (auto [i, buffer] : llvm::enumerate(between)) {
    buffer.bytes = llvm::alignTo(arrays[edges + i].bytes(), kArenaAlignment);
    buffer.first = stages.size();
  }
  for (auto [i, stage] : llvm::enumerate(stages)) {
    PlannedBuffer &arena = arenas[i];
    arena.bytes = stage.parts * stage.arenaBytes;
    arena.first = arena.last = i;
    for (size_t array : stage.arrays)
      if (array >= edges) {
        PlannedBuffer &buffer = between[array - edges];
        buffer.first = std::min<int64_t>(buffer.first, i);
        buffer.last = i;
      }
  }
  SmallVector<PlannedBuffer *> pointers;
  for (PlannedBuffer &buffer : buffers)
    pointers.push_back(&buffer);
  int64_t bytes = std::max<int64_t>(planMemory(pointers), 0);
  for (auto [i, buffer] : llvm::enumerate(between))
    arrays[edges + i].offset = buffer.offset;
  for (auto [stage, arena] : llvm::zip(stages, arenas))
    stage.arenaOffset = arena.offset;
  return bytes;
}

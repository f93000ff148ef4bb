//===- Weights.cpp - Constants of a network's code
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/ExecutionEngine/Weights.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

/// A cache line, which is the largest vector too.
static constexpr int64_t kWeightAlignment = 64;

size_t lw::Weights::add(DialectResourceBlobManager::BlobEntry &resource) {
  auto [known, isNew] = taken.try_emplace(&resource, entries.size());
  if (!isNew)
    return known->second;
  AsmResourceBlob blob = std::move(*resource.getBlob());
  resource.setBlob(UnmanagedAsmResourceBlob::allocateWithAlign({}, 1));
  ArrayRef<char> bytes = blob.getData();
  std::vector<size_t> &equal =
      byHash[llvm::xxh3_64bits(StringRef(bytes.data(), bytes.size()))];
  for (size_t index : equal)
    if (entries[index].blob.getData() == bytes)
      return known->second = index;
  equal.push_back(entries.size());
  entries.push_back(
      {"lw_weights_" + std::to_string(entries.size()), std::move(blob)});
  return entries.size() - 1;
}

/// Whether the blob has all elements, as they lie in memory.
static bool isComplete(DenseResourceElementsAttr elements) {
  AsmResourceBlob *blob = elements.getRawHandle().getBlob();
  Type type = elements.getElementType();
  return blob && type.isIntOrFloat() && type.getIntOrFloatBitWidth() % 8 == 0 &&
         static_cast<int64_t>(blob->getData().size()) ==
             elements.getNumElements() * (type.getIntOrFloatBitWidth() / 8);
}

void lw::Weights::take(ModuleOp module) {
  llvm::DenseMap<StringAttr, FlatSymbolRefAttr> newNames;
  llvm::DenseSet<size_t> declared;
  for (auto global :
       llvm::make_early_inc_range(module.getOps<LLVM::GlobalOp>())) {
    auto elements =
        dyn_cast_or_null<DenseResourceElementsAttr>(global.getValueOrNull());
    if (!elements || !global.getConstant())
      continue;
    auto *resource = elements.getRawHandle().getResource();
    if (!taken.contains(resource) && !isComplete(elements))
      continue;
    size_t index = add(*resource);
    auto name = StringAttr::get(module.getContext(), entries[index].name);
    newNames[global.getSymNameAttr()] = FlatSymbolRefAttr::get(name);
    if (!declared.insert(index).second) {
      global.erase();
      continue;
    }
    global.setSymNameAttr(name);
    global.removeValueAttr();
    global.setLinkage(LLVM::Linkage::External);
    global.setVisibility_(LLVM::Visibility::Hidden);
    global.setDsoLocal(true);
    global.setAlignment(kWeightAlignment);
  }
  module.walk([&](LLVM::AddressOfOp use) {
    auto found = newNames.find(use.getGlobalNameAttr().getAttr());
    if (found != newNames.end())
      use.setGlobalNameAttr(found->second);
  });
}

void lw::Weights::define(llvm::Module &module) {
  for (Entry &entry : entries) {
    llvm::GlobalVariable *global = module.getGlobalVariable(entry.name);
    if (!global || global->use_empty()) {
      entry.blob = AsmResourceBlob();
      if (global)
        global->eraseFromParent();
      continue;
    }
    // What stays constant is in a section with contents, zeros or not.
    global->setInitializer(
        llvm::Constant::getNullValue(global->getValueType()));
    global->setVisibility(llvm::GlobalValue::DefaultVisibility);
    // Private symbols would not be in the object's table.
    global->setLinkage(llvm::GlobalValue::InternalLinkage);
  }
}

llvm::Error lw::Weights::fill(MutableArrayRef<char> object) {
  StringRef bytes(object.data(), object.size());
  auto file = llvm::object::ObjectFile::createObjectFile(
      llvm::MemoryBufferRef(bytes, "lw"));
  if (!file)
    return file.takeError();
  llvm::StringMap<Entry *> open;
  for (Entry &entry : entries)
    if (!entry.blob.getData().empty())
      open[entry.name] = &entry;
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    auto name = symbol.getName();
    if (!name)
      return name.takeError();
    auto found = open.find(*name);
    if (found == open.end())
      continue;
    auto section = symbol.getSection();
    if (!section)
      return section.takeError();
    auto offset = symbol.getValue();
    if (!offset)
      return offset.takeError();
    auto contents = (*section)->getContents();
    if (!contents)
      return contents.takeError();
    AsmResourceBlob &blob = found->second->blob;
    llvm::copy(blob.getData(),
               object.begin() + (contents->data() - bytes.data()) + *offset);
    blob = AsmResourceBlob();
    open.erase(found);
  }
  if (!open.empty())
    return llvm::createStringError("the object code has no room for '%s'",
                                   open.begin()->first().str().c_str());
  return llvm::Error::success();
}

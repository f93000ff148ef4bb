//===- Fingerprint.cpp - A hash of a network
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Statistics/Fingerprint.h"
#include "lw/Dialect/IR/Constants.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"

using namespace mlir;

namespace {

/// Feeds a hash. Every piece goes with its length, so that no two sequences of
/// pieces are the same bytes.
class Hasher {
public:
  void addNumber(uint64_t number) {
    hash.update(
        ArrayRef(reinterpret_cast<const uint8_t *>(&number), sizeof(number)));
  }

  void addBytes(StringRef bytes) {
    addNumber(bytes.size());
    hash.update(bytes);
  }

  template <typename T> void addPrinted(T printable) {
    std::string text;
    llvm::raw_string_ostream(text) << printable;
    addBytes(text);
  }

  void addAttribute(Attribute attribute) {
    // Not as text: printing may leave out elements, and is slow.
    if (auto dense = dyn_cast<DenseElementsAttr>(attribute)) {
      addPrinted(dense.getType());
      addNumber(dense.isSplat());
      ArrayRef<char> raw = dense.getRawData();
      addBytes(StringRef(raw.data(), raw.size()));
    } else if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute);
               resource && resource.getRawHandle().getBlob()) {
      // As `dense` elements; its name says nothing of them.
      addPrinted(resource.getType());
      addNumber(false);
      ArrayRef<char> raw = resource.getRawHandle().getBlob()->getData();
      addBytes(StringRef(raw.data(), raw.size()));
    } else {
      addPrinted(attribute);
    }
  }

  std::string finish() { return llvm::toHex(hash.final(), /*LowerCase=*/true); }

private:
  llvm::BLAKE3 hash;
};

} // namespace

std::string lw::computeFingerprint(func::FuncOp main) {
  Hasher hasher;
  hasher.addBytes("lw network 1");
  hasher.addPrinted(main.getFunctionType());
  llvm::DenseMap<Value, uint64_t> numbers;
  auto number = [&](Value value) {
    return numbers.try_emplace(value, numbers.size()).first->second;
  };
  for (Block &block : main.getBody())
    for (Value argument : block.getArguments())
      number(argument);
  // Operations of a region come before the one that holds it.
  main.getBody().walk([&](Operation *op) {
    hasher.addBytes(op->getName().getStringRef());
    hasher.addNumber(op->getNumOperands());
    for (Value operand : op->getOperands())
      hasher.addNumber(number(operand));
    for (Value result : op->getResults()) {
      hasher.addNumber(number(result));
      hasher.addPrinted(result.getType());
    }
    if (op->getNumResults() == 1)
      if (auto weights = lw::readConstant(op->getResult(0))) {
        hasher.addBytes(StringRef(reinterpret_cast<char *>(weights->data()),
                                  weights->size() * sizeof(float)));
        return;
      }
    for (NamedAttribute attribute : op->getAttrDictionary()) {
      hasher.addBytes(attribute.getName());
      hasher.addAttribute(attribute.getValue());
    }
  });
  return hasher.finish();
}

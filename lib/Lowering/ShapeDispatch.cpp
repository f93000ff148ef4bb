//===- ShapeDispatch.cpp - One network of several for shapes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "DispatchBuilder.h"
#include "lw/Lowering/Dispatch.h"
#include "lw/Lowering/EntryPoint.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace mlir::lw;

/// The info of a library: that of its first shape, with the arrays of each.
static std::string infoOfShapes(StringRef prefix,
                                ArrayRef<LoweredShape> shapes) {
  SmallVector<StringRef> infos;
  for (const LoweredShape &shape : shapes)
    infos.push_back(shape.info);
  std::string text;
  llvm::raw_string_ostream(text) << llvm::json::Value(mergeInfos(
      prefix, infos, "shapes", {"inputs", "outputs", "arena_bytes", "cost"}));
  return text;
}

namespace {

class ShapeDispatch : DispatchBuilder {
public:
  ShapeDispatch(ModuleOp module, StringRef prefix,
                ArrayRef<LoweredShape> shapes)
      : DispatchBuilder(module, prefix), shapes(shapes) {}

  void emit(bool hasLevels) {
    SmallVector<Type> arguments(3, pointer);
    SmallVector<LLVM::LLVMFuncOp> runs;
    for (const LoweredShape &shape : shapes)
      runs.push_back(
          function(shape.prefix + "_run", b.getI32Type(), arguments));
    LLVM::LLVMFuncOp run = define(prefix + "_run", b.getI32Type(), arguments);
    finish(call(runs.front(), run.getArguments()));
    emitRunShape(runs);
    forward("_supported", b.getI32Type());
    if (hasLevels)
      forward("_level", pointer);
    text(prefix + "_info", infoOfShapes(prefix, shapes));
  }

private:
  /// A function that is the same for all shapes.
  void forward(StringRef name, Type result) {
    LLVM::LLVMFuncOp first = function(shapes.front().prefix + name, result, {});
    define(prefix + name, result, {});
    finish(call(first));
  }

  Value load(Type type, Value base, size_t index) {
    Value address = LLVM::GEPOp::create(
        b, pointer, type, base,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
    return LLVM::LoadOp::create(b, type, address);
  }

  void refuseNull(Value checked) {
    Value null = LLVM::ZeroOp::create(b, pointer);
    returnIf(LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, checked, null),
             [&] { return constant(RunNullPointer); });
  }

  void emitRunShape(ArrayRef<LLVM::LLVMFuncOp> runs) {
    SmallVector<Type> arguments(4, pointer);
    LLVM::LLVMFuncOp run =
        define(prefix + "_run_shape", b.getI32Type(), arguments);
    Value given = run.getArgument(0);
    refuseNull(given);
    // The ranks of all shapes are the same.
    SmallVector<SmallVector<Value>> extents;
    for (auto [i, shape] : llvm::enumerate(shapes.front().inputs)) {
      SmallVector<Value> &loaded = extents.emplace_back();
      if (shape.empty())
        continue;
      Value base = load(pointer, given, i);
      refuseNull(base);
      for (size_t dim = 0; dim < shape.size(); ++dim)
        loaded.push_back(load(b.getI64Type(), base, dim));
    }
    for (size_t i = 0; i < shapes.size(); ++i) {
      Value fits =
          LLVM::ConstantOp::create(b, b.getI1Type(), b.getBoolAttr(true));
      for (auto [found, expected] : llvm::zip_equal(extents, shapes[i].inputs))
        for (auto [extent, value] : llvm::zip_equal(found, expected)) {
          Value number = LLVM::ConstantOp::create(b, b.getI64Type(),
                                                  b.getI64IntegerAttr(value));
          Value equal =
              LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, extent, number);
          fits = LLVM::AndOp::create(b, fits, equal);
        }
      returnIf(fits,
               [&] { return call(runs[i], run.getArguments().drop_front()); });
    }
    finish(constant(RunUnknownShape));
  }

  ArrayRef<LoweredShape> shapes;
};

} // namespace

OwningOpRef<ModuleOp> mlir::lw::makeShapeDispatch(MLIRContext *context,
                                                  StringRef prefix,
                                                  ArrayRef<LoweredShape> shapes,
                                                  bool hasLevels) {
  context->getOrLoadDialect<LLVM::LLVMDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context));
  ShapeDispatch(*module, prefix, shapes).emit(hasLevels);
  return module;
}

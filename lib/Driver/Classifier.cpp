//===- Classifier.cpp - Networks whose output is scores of classes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lw/Driver/Classifier.h"
#include "lw/Dialect/IR/LwOps.h"
#include "lw/Dialect/IR/LwRowOps.h"
#include "lw/Support/Accuracy.h"
#include "lw/Support/Table.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::lw;
using llvm::createStringError;

llvm::Expected<std::vector<std::string>> lw::readClassNames(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError("cannot read '%s': %s", path.str().c_str(),
                             buffer.getError().message().c_str());
  StringRef text = (*buffer)->getBuffer();
  text.consume_front("\xef\xbb\xbf");
  text.consume_back("\n");
  std::vector<std::string> names;
  for (StringRef line : llvm::split(text, '\n')) {
    line.consume_back("\r");
    std::string &name = names.emplace_back(line.str());
    const char *begin = name.data();
    if (line.contains('\0') ||
        !llvm::isLegalUTF8String(
            reinterpret_cast<const llvm::UTF8 **>(&begin),
            reinterpret_cast<const llvm::UTF8 *>(name.data() + name.size())))
      return createStringError("%s: line %zu is no text in UTF-8; expected the "
                               "name of a class on every line",
                               path.str().c_str(), names.size());
  }
  return names;
}

/// The type of the network's only output; `flag` is what asks for it.
static llvm::Expected<RankedTensorType> outputOf(func::FuncOp main,
                                                 StringRef flag) {
  auto type = main.getNumResults() == 1
                  ? dyn_cast<RankedTensorType>(
                        main.front().getTerminator()->getOperand(0).getType())
                  : RankedTensorType();
  if (!type)
    return createStringError("%s is for networks with one output, the scores "
                             "of the classes; this one has %u",
                             flag.str().c_str(), main.getNumResults());
  return type;
}

llvm::Error lw::checkClasses(func::FuncOp main, size_t classes) {
  auto type = outputOf(main, "--class-names");
  if (!type)
    return type.takeError();
  int64_t found = type->getShape().empty()
                      ? 1
                      : type->getDimSize(classDimension(type->getShape()));
  if (found == static_cast<int64_t>(classes))
    return llvm::Error::success();
  return createStringError(
      "--class-names: the file has %zu names, the network's output of %s has "
      "%lld classes",
      classes, joinExtents(type->getShape()).c_str(),
      static_cast<long long>(found));
}

/// What computes a value, apart from its layout and how it is stored.
static Operation *originOf(Value value) {
  Operation *op = value.getDefiningOp();
  while (isa_and_nonnull<tosa::ReshapeOp, tosa::TransposeOp, tosa::CastOp,
                         QuantizeOp, DequantizeOp>(op))
    op = op->getOperand(0).getDefiningOp();
  return op;
}

llvm::Error lw::appendSoftmax(func::FuncOp main) {
  auto type = outputOf(main, "--softmax");
  if (!type)
    return type.takeError();
  if (!type->getElementType().isF32() || type->getShape().empty()) {
    std::string text;
    llvm::raw_string_ostream(text) << *type;
    return createStringError("--softmax: the network's output is a %s, "
                             "expected scores of f32",
                             text.c_str());
  }
  Operation *terminator = main.front().getTerminator();
  Value scores = terminator->getOperand(0);
  if (auto softmax = dyn_cast_or_null<SoftmaxOp>(originOf(scores));
      softmax && !softmax.getIsLog())
    return createStringError(
        "--softmax: the network ends in a softmax already: "
        "leave the flag out");
  OpBuilder builder(terminator);
  terminator->setOperand(
      0, SoftmaxOp::create(
             builder,
             NameLoc::get(builder.getStringAttr("softmax"), scores.getLoc()),
             *type, scores, classDimension(type->getShape()),
             /*is_log=*/false));
  return llvm::Error::success();
}

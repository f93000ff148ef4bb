//===- TosaRemains.cpp - What lw's passes write in tosa
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Graph passes write constants, arithmetic and moves of elements as tosa. A
// module that came as linalg is to be linalg again, without another lowering.
//
//===----------------------------------------------------------------------===//

#include "LwToLinalg.h"
#include "mlir/Conversion/TosaToLinalg/TosaToLinalg.h"
#include "mlir/Conversion/TosaToTensor/TosaToTensor.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Transforms/Passes.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;
using namespace mlir::lw;

bool lw::isWrittenByPasses(Operation *op) {
  if (!isa<tosa::AddOp, tosa::ClampOp, tosa::ConcatOp, tosa::IdentityOp,
           tosa::MulOp, tosa::PadOp, tosa::ReshapeOp, tosa::SliceOp,
           tosa::SubOp, tosa::TransposeOp>(op))
    return false;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!type || !isa<FloatType>(type.getElementType()))
    return false;
  // Of broadcasts, upstream's patterns know those between equal ranks.
  return !isa<tosa::AddOp, tosa::MulOp, tosa::SubOp>(op) ||
         llvm::all_of(op->getOperands().take_front(2), [&](Value operand) {
           auto from = dyn_cast<RankedTensorType>(operand.getType());
           return from && from.getRank() == type.getRank();
         });
}

void lw::populateTosaPatterns(TypeConverter &converter,
                              RewritePatternSet &patterns) {
  tosa::populateTosaTypeConversion(converter);
  tosa::populateTosaToLinalgConversionPatterns(converter, &patterns);
  // Transposes are named operations.
  tosa::populateTosaToLinalgNamedConversionPatterns(converter, &patterns, {});
  tosa::populateTosaToTensorConversionPatterns(converter, &patterns);
}

void lw::materializeConstants(Operation *root) {
  auto staysTosa = [](Operation *user) {
    return isa_and_nonnull<tosa::TosaDialect>(user->getDialect()) &&
           !isWrittenByPasses(user);
  };
  root->walk([&](tosa::ConstOp constant) {
    if (llvm::all_of(constant->getUsers(), staysTosa))
      return;
    OpBuilder builder(constant);
    constant.replaceAllUsesWith(
        arith::ConstantOp::create(builder, constant.getLoc(),
                                  cast<TypedAttr>(constant.getValues()))
            .getResult());
  });
}

void lw::eraseDeadConstants(Operation *root) {
  root->walk([](Operation *op) {
    if (isa<tosa::ConstOp, tosa::ConstShapeOp>(op) && op->use_empty())
      op->erase();
  });
}

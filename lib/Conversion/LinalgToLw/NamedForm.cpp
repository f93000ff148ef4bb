//===- NamedForm.cpp - Named linalg convolutions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "NamedForm.h"
#include "../TensorUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::lw;

std::optional<NamedForm> lw::getNamedForm(Operation *op) {
  using Form = std::optional<NamedForm>;
  Form form =
      llvm::TypeSwitch<Operation *, Form>(op)
          .Case<linalg::Conv2DNhwcHwcfOp, linalg::Conv2DNhwcHwcfQOp>(
              [](auto) -> Form {
                return NamedForm{
                    ConvolutionKind::Standard, false, {0, 1, 2, 3}};
              })
          .Case<linalg::Conv2DNhwcFhwcOp, linalg::Conv2DNhwcFhwcQOp>(
              [](auto) -> Form {
                return NamedForm{
                    ConvolutionKind::Standard, false, {1, 2, 3, 0}};
              })
          .Case<linalg::Conv2DNchwFchwOp, linalg::Conv2DNchwFchwQOp>(
              [](auto) -> Form {
                return NamedForm{ConvolutionKind::Standard, true, {2, 3, 1, 0}};
              })
          .Case<linalg::DepthwiseConv2DNhwcHwcOp,
                linalg::DepthwiseConv2DNhwcHwcQOp>([](auto) -> Form {
            return NamedForm{ConvolutionKind::Depthwise, false, {0, 1, 2}};
          })
          .Case<linalg::DepthwiseConv2DNchwChwOp>([](auto) -> Form {
            return NamedForm{ConvolutionKind::Depthwise, true, {1, 2, 0}};
          })
          .Case<linalg::DepthwiseConv2DNhwcHwcmOp,
                linalg::DepthwiseConv2DNhwcHwcmQOp>([](auto) -> Form {
            return NamedForm{
                ConvolutionKind::Depthwise, false, {0, 1, 2, 3}, true};
          })
          .Case<linalg::Conv2DNhwgcGfhwcOp, linalg::Conv2DNhwgcGfhwcQOp>(
              [](auto) -> Form {
                return NamedForm{ConvolutionKind::Grouped,
                                 false,
                                 {2, 3, 4, 0, 1},
                                 true,
                                 true};
              })
          .Case<linalg::Conv2DNgchwGfchwOp, linalg::Conv2DNgchwGfchwQOp>(
              [](auto) -> Form {
                return NamedForm{ConvolutionKind::Grouped,
                                 true,
                                 {3, 4, 2, 0, 1},
                                 true,
                                 true};
              })
          .Case<linalg::Conv2DNgchwFgchwOp>([](auto) -> Form {
            return NamedForm{
                ConvolutionKind::Grouped, true, {3, 4, 2, 1, 0}, true, true};
          })
          .Default([](Operation *) -> Form { return std::nullopt; });
  // Their zero points follow input and filter.
  if (form)
    form->quantized = cast<linalg::LinalgOp>(op).getNumDpsInputs() == 4;
  return form;
}

bool lw::isZero(Value value) {
  return value && (matchPattern(value, m_AnyZeroFloat()) ||
                   matchPattern(value, m_Zero()));
}

bool lw::hasRaisableTypes(linalg::LinalgOp op, const NamedForm &form) {
  Type elementType = getElementTypeOrSelf(op->getOperand(0).getType());
  bool integers = elementType.isInteger(8);
  if (!integers && (form.quantized || !isa<FloatType>(elementType)))
    return false;
  for (Value operand :
       {op->getOperand(0), op->getOperand(1), op.getDpsInits()[0]}) {
    RankedTensorType type = tensorTypeOf(operand);
    bool isFilter = operand == op->getOperand(1),
         isResult = operand == op.getDpsInits()[0];
    // The filter has no batch.
    ArrayRef<int64_t> fixed = type.getShape().drop_front(isFilter ? 0 : 1);
    Type expected = integers && isResult ? IntegerType::get(op.getContext(), 32)
                                         : elementType;
    if (type.getElementType() != expected ||
        llvm::is_contained(type.getShape(), 0) ||
        llvm::any_of(fixed, ShapedType::isDynamic))
      return false;
  }
  return true;
}

ConvQuantAttr lw::getQuantization(linalg::LinalgOp op, const NamedForm &form) {
  APInt zero(32, 0);
  if (form.quantized &&
      (!matchPattern(op->getOperand(2), m_ConstantInt(&zero)) ||
       !isZero(op->getOperand(3))))
    return {};
  if (zero.getSExtValue() < -128 || zero.getSExtValue() > 127)
    return {};
  MLIRContext *context = op.getContext();
  return ConvQuantAttr::get(context,
                            QuantAttr::get(context, /*isUnsigned=*/false,
                                           APFloat(1.0f), zero.getSExtValue()),
                            /*filter=*/{}, /*output=*/{}, /*residual=*/{});
}

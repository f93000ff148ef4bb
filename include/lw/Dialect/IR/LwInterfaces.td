//===- LwInterfaces.td - The convolution interface ---------*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWINTERFACES_TD
#define LW_DIALECT_IR_LWINTERFACES_TD

include "mlir/IR/OpBase.td"

def Lw_ConvolutionOpInterface : OpInterface<"ConvolutionOpInterface"> {
  let cppNamespace = "::mlir::lw";
  let description = [{
    The one way for passes and the cost model to ask a convolution of any
    variant for its geometry, operands and cost.
  }];
  let methods = [
    InterfaceMethod<"Activations, `N x H x W x Cin`.",
      "::mlir::TypedValue<::mlir::RankedTensorType>", "getConvInput", (ins), "", [{
        return ::mlir::cast<::mlir::TypedValue<::mlir::RankedTensorType>>($_op.getInput());
      }]>,
    InterfaceMethod<"All filters, in the order in which they are applied.",
      "::llvm::SmallVector<::mlir::Value>", "getConvFilters", (ins), "", [{
        return {$_op.getFilter()};
      }]>,
    InterfaceMethod<"Bias of `Cout` elements, or null.",
      "::mlir::Value", "getConvBias", (ins), "", [{ return $_op.getBias(); }]>,
    InterfaceMethod<"Value added before the activation, or null.",
      "::mlir::Value", "getConvResidual", (ins), "", [{ return $_op.getResidual(); }]>,
    InterfaceMethod<"Fused activation, or null.",
      "::mlir::lw::ActivationAttr", "getConvActivation", (ins), "", [{
        return $_op.getActivationAttr();
      }]>,
    InterfaceMethod<"What the integers of a quantized convolution stand for, or null.",
      "::mlir::lw::ConvQuantAttr", "getConvQuantization", (ins), "", [{
        return $_op.getQuantizationAttr();
      }]>,
    InterfaceMethod<"Sets or (null) removes the bias.",
      "void", "setConvBias", (ins "::mlir::Value":$bias), "", [{
        if (bias) $_op.getBiasMutable().assign(bias);
        else $_op.getBiasMutable().clear();
      }]>,
    InterfaceMethod<"Sets or (null) removes the residual.",
      "void", "setConvResidual", (ins "::mlir::Value":$residual), "", [{
        if (residual) $_op.getResidualMutable().assign(residual);
        else $_op.getResidualMutable().clear();
      }]>,
    InterfaceMethod<"Sets or (null) removes the activation.",
      "void", "setConvActivation", (ins "::mlir::lw::ActivationAttr":$activation), "", [{
        if (activation) $_op.setActivationAttr(activation);
        else $_op.removeActivationAttr();
      }]>,
    InterfaceMethod<"Shapes and window parameters. All extents must be static.",
      "::mlir::lw::ConvGeometry", "getConvGeometry">,
    InterfaceMethod<"Multiply-accumulates of one evaluation, all of the batch.",
      "int64_t", "getMacs">,
    InterfaceMethod<"Elements of all filters and the bias.",
      "int64_t", "getParameterCount", (ins), "", [{
        return ::mlir::lw::detail::countParameters($_op);
      }]>
  ];
}

#endif // LW_DIALECT_IR_LWINTERFACES_TD

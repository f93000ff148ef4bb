//===- LwFusedOps.td - Operations that are computed together -*- tablegen -*-=//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWFUSEDOPS_TD
#define LW_DIALECT_IR_LWFUSEDOPS_TD

include "lw/Dialect/IR/LwBase.td"

def Lw_ElementwiseOp
    : Lw_Op<"elementwise", [IsolatedFromAbove,
                            SingleBlock]> {
  let summary = "Arithmetic of elements whose intermediate results stay in registers";
  let description = [{
    The body computes the result from the inputs with element-wise operations of
    `tosa` and `math`; none of its values but the result is ever in memory. Written
    by `--lw-fuse-elementwise`. Inputs broadcast as in `tosa`.

    Example:

    ```mlir
    %y = lw.elementwise %x : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    ^bb0(%a: tensor<1x8x8x16xf32>):
      %0 = tosa.sigmoid %a : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32>
      %1 = tosa.add %a, %0 : (tensor<1x8x8x16xf32>, tensor<1x8x8x16xf32>)
          -> tensor<1x8x8x16xf32>
      lw.yield %1 : tensor<1x8x8x16xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs);
  let results = (outs AnyRankedTensor:$output);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat =
      "$inputs attr-dict `:` functional-type($inputs, $output) $body";
  let hasVerifier = 1;
}

def Lw_YieldOp
    : Op<Lw_Dialect, "yield", [Pure, Terminator, HasParent<"ElementwiseOp">]> {
  let summary = "The result of the body of lw.elementwise";
  let description = [{
    Example:

    ```mlir
    lw.yield %1 : tensor<1x8x8x16xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

#endif // LW_DIALECT_IR_LWFUSEDOPS_TD

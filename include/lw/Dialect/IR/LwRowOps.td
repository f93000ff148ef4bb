//===- LwRowOps.td - Operations on whole rows of elements --*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWROWOPS_TD
#define LW_DIALECT_IR_LWROWOPS_TD

include "lw/Dialect/IR/LwBase.td"
include "lw/Dialect/IR/LwRowEnums.td"

def Lw_SoftmaxOp : Lw_Op<"softmax", [AllTypesMatch<["input", "output"]>]> {
  let summary = "Softmax along one dimension, or its logarithm";
  let description = [{
    Over the elements `x` of a row along dimension `axis`, with `m` their maximum:

    ```
    y[i] = exp(x[i] - m) / sum over j of exp(x[j] - m)
    y[i] = x[i] - m - log(sum over j of exp(x[j] - m))      with is_log
    ```

    A row that holds a NaN or +inf, or nothing but -inf, is NaN; of other rows an
    element of -inf is 0 (-inf with `is_log`).

    Example:

    ```mlir
    %y = lw.softmax %x {axis = 2 : i64} : tensor<12x197x197xf32>
    ```
  }];
  let arguments = (ins Lw_Tensor:$input, I64Attr:$axis, UnitAttr:$is_log);
  let results = (outs Lw_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def Lw_NormalizeOp : Lw_Op<"normalize", [
    AllTypesMatch<["input", "output"]>, AttrSizedOperandSegments]> {
  let summary = "Normalization by statistics of its own elements";
  let description = [{
    All elements `x` with the same indices outside of `axes` are normalized together.
    With `mean` and `var` their mean and (biased) variance:

    ```
    y = scale * z + bias
    deviation:  z = (x - mean) / sqrt(var + epsilon)
    rms:        z = x / sqrt(mean of x^2 + epsilon)
    l1:         z = x / sum of |x|
    l2:         z = x / sqrt(sum of x^2)
    ```

    Of the last two, `z` is 0 where the divisor is 0, and `epsilon` takes no part.
    `scale` and `bias` have the rank of the input and extents equal to its own or 1.

    Layer normalization (Ba, Kiros and Hinton, 2016) has the last dimensions as
    axes, instance normalization (Ulyanov, Vedaldi and Lempitsky, 2016) those of the
    image, group normalization (Wu and He, 2018) those of the image and of the
    channels of a group, root mean square normalization (Zhang and Sennrich, 2019) no mean.

    Example:

    ```mlir
    %y = lw.normalize %x scale %s bias %b {axes = array<i64: 1>, epsilon = 1.0e-05 : f32}
         : (tensor<197x768xf32>, tensor<1x768xf32>, tensor<1x768xf32>)
         -> tensor<197x768xf32>
    ```
  }];
  let arguments = (ins
    Lw_Tensor:$input, Optional<Lw_Tensor>:$scale, Optional<Lw_Tensor>:$bias,
    DenseI64ArrayAttr:$axes, F32Attr:$epsilon,
    DefaultValuedAttr<Lw_NormKind, "NormKind::Deviation">:$kind);
  let results = (outs Lw_Tensor:$output);
  let assemblyFormat = [{
    $input (`scale` $scale^)? (`bias` $bias^)? attr-dict
      `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

#endif // LW_DIALECT_IR_LWROWOPS_TD

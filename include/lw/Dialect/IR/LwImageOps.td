//===- LwImageOps.td - Operations on images ----------------*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWIMAGEOPS_TD
#define LW_DIALECT_IR_LWIMAGEOPS_TD

include "lw/Dialect/IR/LwBase.td"

def Lw_NumberTensor : TensorOf<[AnyFloat, AnyInteger]>;
def Lw_NumberTensor4D : 4DTensorOf<[AnyFloat, AnyInteger]>;

def Lw_InterleaveOp : Lw_Op<"interleave"> {
  let summary = "Channels become the pixels of a larger image";
  let description = [{
    The channels of all inputs, one input after the other, are groups of `C`, the
    channels of the result. `order` says which group each of the `SH x SW`
    neighbouring pixels is:

    ```
    y[n, h*SH + i, w*SW + j, c] = x[n, h, w, order[i*SW + j]*C + c]
    ```

    A transposed convolution of strides `SH x SW` is convolutions of stride 1, one
    for each place of an output pixel between its neighbours, interleaved. With one
    input and `order` 0, 1, 2, ... it is the depth-to-space of ONNX (mode DCR), with
    zeros only the repetition of each pixel.

    Example:

    ```mlir
    %y = lw.interleave %x {strides = array<i64: 2, 2>, order = array<i64: 0, 1, 2, 3>}
        : (tensor<1x14x14x32xf32>) -> tensor<1x28x28x8xf32>
    ```
  }];
  let arguments = (ins Variadic<Lw_NumberTensor4D>:$inputs, Lw_Pair:$strides,
                   DenseI64ArrayAttr:$order);
  let results = (outs Lw_NumberTensor4D:$output);
  let assemblyFormat =
      "$inputs attr-dict `:` functional-type($inputs, $output)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The first channel of group `order[phase]` and the input that has it.
    std::pair<unsigned, int64_t> sourceOf(int64_t phase);
  }];
}

def Lw_InterpolateOp : Lw_Op<"interpolate"> {
  let summary = "Weighted sums of elements along one dimension";
  let description = [{
    Each element of the result along dimension `axis` is a weighted sum of `T`
    elements of the input, where `T` is the number of `indices` divided by the
    result's extent:

    ```
    y[..., o, ...] = sum over t of weights[o*T + t] * x[..., indices[o*T + t], ...]
    ```

    Without `weights` one element is moved, whatever its type. Every resampling of
    an image, a dimension at a time, is of this form, and padding by mirrored,
    repeated or periodic elements is too.

    Example, a row of 2 pixels interpolated to 4:

    ```mlir
    %y = lw.interpolate %x {axis = 2 : i64,
        indices = array<i32: 0, 0, 0, 1, 0, 1, 1, 1>,
        weights = array<f32: 1.0, 0.0, 0.75, 0.25, 0.25, 0.75, 1.0, 0.0>}
        : (tensor<1x2x2x8xf32>) -> tensor<1x2x4x8xf32>
    ```
  }];
  let arguments = (ins Lw_NumberTensor:$input, I64Attr:$axis,
                   DenseI32ArrayAttr:$indices, DenseF32ArrayAttr:$weights);
  let results = (outs Lw_NumberTensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type($input, $output)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Elements of the input in each of the result.
    int64_t taps();
  }];
}

#endif // LW_DIALECT_IR_LWIMAGEOPS_TD

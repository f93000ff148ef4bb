//===- LwOps.td - Operations of the lw dialect -------------*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWOPS_TD
#define LW_DIALECT_IR_LWOPS_TD

include "lw/Dialect/IR/LwBase.td"
include "lw/Dialect/IR/LwQuantizedOps.td"

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

class Lw_ConvolutionOp<string mnemonic, list<string> overridden = []>
    : Lw_Op<mnemonic, [
        AttrSizedOperandSegments,
        DeclareOpInterfaceMethods<InferTypeOpInterface>,
        DeclareOpInterfaceMethods<Lw_ConvolutionOpInterface, overridden>]> {
  let results = (outs Lw_ConvResult:$output);
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  // An unknown extent of the inferred type is compatible with any extent of the
  // written one.
  code compatibleReturnTypes = [{
    static bool isCompatibleReturnTypes(::mlir::TypeRange inferred, ::mlir::TypeRange actual) {
      return ::mlir::lw::detail::areCompatibleTypes(inferred, actual);
    }
  }];
  let extraClassDeclaration = compatibleReturnTypes;
}

def Lw_Conv2DOp : Lw_ConvolutionOp<"conv_2d"> {
  let summary = "Standard or grouped 2-D convolution";
  let description = [{
    With `G = groups`, `ci = Cin / G`, `co = Cout / G`:

    ```
    y[n, oy, ox, g*co + o] = act(bias[g*co + o] + residual[n, oy, ox, g*co + o] +
      sum over ky, kx, i of
        x[n, oy*sy + ky*dy - top, ox*sx + kx*dx - left, g*ci + i]
        * w[ky, kx, i, g*co + o])
    ```

    `Cin` and `Cout` must be divisible by `groups`. Costs
    `N * OH * OW * KH * KW * (Cin / groups) * Cout` MACs.

    Example:

    ```mlir
    %y = lw.conv_2d %x, %w bias %b {strides = array<i64: 2, 2>,
           padding = array<i64: 1, 1, 1, 1>, activation = #lw.act<relu>}
         : (tensor<1x32x32x16xf32>, tensor<3x3x16x32xf32>, tensor<32xf32>)
         -> tensor<1x16x16x32xf32>
    ```
  }];
  let arguments = (ins
    Lw_ConvTensor:$input, Lw_ConvTensor:$filter,
    Optional<Lw_ConvBias>:$bias, Optional<Lw_ConvTensor>:$residual,
    DefaultValuedAttr<Lw_Pair, "{1, 1}">:$strides,
    DefaultValuedAttr<Lw_Padding, "{0, 0, 0, 0}">:$padding,
    DefaultValuedAttr<Lw_Pair, "{1, 1}">:$dilations,
    DefaultValuedAttr<I64Attr, "1">:$groups,
    OptionalAttr<Lw_ActivationAttr>:$activation,
    OptionalAttr<Lw_ConvQuantAttr>:$quantization);
  let assemblyFormat = [{
    $input `,` $filter (`bias` $bias^)? (`residual` $residual^)? attr-dict
      `:` functional-type(operands, results)
  }];
}

def Lw_DepthwiseConv2DOp : Lw_ConvolutionOp<"depthwise_conv_2d"> {
  let summary = "Depthwise 2-D convolution with a channel multiplier";
  let description = [{
    Every input channel is convolved with `M` filters of its own (the channel
    multiplier, the last extent of the filter); `Cout = C * M`:

    ```
    y[n, oy, ox, c*M + m] = act(bias[c*M + m] + residual[n, oy, ox, c*M + m] +
      sum over ky, kx of
        x[n, oy*sy + ky*dy - top, ox*sx + kx*dx - left, c] * w[ky, kx, c, m])
    ```

    Costs `N * OH * OW * KH * KW * C * M` MACs (Howard et al., MobileNets, 2017,
    section 3.1).

    Example:

    ```mlir
    %y = lw.depthwise_conv_2d %x, %w {padding = array<i64: 1, 1, 1, 1>}
         : (tensor<1x32x32x16xf32>, tensor<3x3x16x1xf32>) -> tensor<1x32x32x16xf32>
    ```
  }];
  let arguments = (ins
    Lw_ConvTensor:$input, Lw_ConvTensor:$filter,
    Optional<Lw_ConvBias>:$bias, Optional<Lw_ConvTensor>:$residual,
    DefaultValuedAttr<Lw_Pair, "{1, 1}">:$strides,
    DefaultValuedAttr<Lw_Padding, "{0, 0, 0, 0}">:$padding,
    DefaultValuedAttr<Lw_Pair, "{1, 1}">:$dilations,
    OptionalAttr<Lw_ActivationAttr>:$activation,
    OptionalAttr<Lw_ConvQuantAttr>:$quantization);
  let assemblyFormat = [{
    $input `,` $filter (`bias` $bias^)? (`residual` $residual^)? attr-dict
      `:` functional-type(operands, results)
  }];
}

def Lw_PointwiseConv2DOp : Lw_ConvolutionOp<"pointwise_conv_2d"> {
  let summary = "Pointwise (1x1) convolution; a matrix product over pixels";
  let description = [{
    ```
    y[n, oy, ox, o] = act(bias[o] + residual[n, oy, ox, o] +
      sum over i of x[n, oy*sy, ox*sx, i] * w[0, 0, i, o])
    ```

    A fully connected layer is this operation on a `N x 1 x 1 x Cin` tensor.
    Costs `N * OH * OW * Cin * Cout` MACs.

    Example:

    ```mlir
    %y = lw.pointwise_conv_2d %x, %w bias %b
         : (tensor<1x32x32x16xf32>, tensor<1x1x16x64xf32>, tensor<64xf32>)
         -> tensor<1x32x32x64xf32>
    ```
  }];
  let arguments = (ins
    Lw_ConvTensor:$input, Lw_ConvTensor:$filter,
    Optional<Lw_ConvBias>:$bias, Optional<Lw_ConvTensor>:$residual,
    DefaultValuedAttr<Lw_Pair, "{1, 1}">:$strides,
    OptionalAttr<Lw_ActivationAttr>:$activation,
    OptionalAttr<Lw_ConvQuantAttr>:$quantization);
  let assemblyFormat = [{
    $input `,` $filter (`bias` $bias^)? (`residual` $residual^)? attr-dict
      `:` functional-type(operands, results)
  }];
}

def Lw_SeparableConv2DOp : Lw_ConvolutionOp<"separable_conv_2d", ["getConvFilters"]> {
  let summary = "Depthwise-separable 2-D convolution";
  let description = [{
    A depthwise convolution with channel multiplier `T` (the number of separable
    terms) followed by a pointwise convolution, nothing between them:

    ```
    z = depthwise_conv_2d(x, dw)                      (Cin * T channels)
    y = act(bias + residual + pointwise_conv_2d(z, pw))
    ```

    Costs `N * OH * OW * Cin * T * (KH * KW + Cout)` MACs, against
    `N * OH * OW * KH * KW * Cin * Cout` of the standard form: a factor of
    `T * (1 / Cout + 1 / (KH * KW))` (Howard et al., MobileNets, 2017, section
    3.1, for `T = 1`).

    Example:

    ```mlir
    %y = lw.separable_conv_2d %x, %dw, %pw {padding = array<i64: 1, 1, 1, 1>}
         : (tensor<1x32x32x256xf32>, tensor<3x3x256x1xf32>, tensor<1x1x256x256xf32>)
         -> tensor<1x32x32x256xf32>
    ```
  }];
  let arguments = (ins
    Lw_ConvTensor:$input, Lw_ConvTensor:$depthwise_filter, Lw_ConvTensor:$pointwise_filter,
    Optional<Lw_ConvBias>:$bias, Optional<Lw_ConvTensor>:$residual,
    DefaultValuedAttr<Lw_Pair, "{1, 1}">:$strides,
    DefaultValuedAttr<Lw_Padding, "{0, 0, 0, 0}">:$padding,
    DefaultValuedAttr<Lw_Pair, "{1, 1}">:$dilations,
    OptionalAttr<Lw_ActivationAttr>:$activation,
    OptionalAttr<Lw_ConvQuantAttr>:$quantization);
  let assemblyFormat = [{
    $input `,` $depthwise_filter `,` $pointwise_filter
      (`bias` $bias^)? (`residual` $residual^)? attr-dict
      `:` functional-type(operands, results)
  }];
  let extraClassDeclaration = compatibleReturnTypes # [{
    /// Number of separable terms T.
    int64_t getTerms() {
      return getDepthwiseFilter().getType().getDimSize(3);
    }
  }];
}

//===----------------------------------------------------------------------===//
// Batch normalization and channel shuffle
//===----------------------------------------------------------------------===//

def Lw_BatchNormOp : Lw_Op<"batch_norm", [
    AllTypesMatch<["input", "output"]>,
    AllTypesMatch<["scale", "offset", "mean", "variance"]>]> {
  let summary = "Batch normalization with stored statistics";
  let description = [{
    Per channel `c`, the last dimension of the input (rank 2 or more):

    ```
    y[..., c] = scale[c] * (x[..., c] - mean[c]) / sqrt(variance[c] + epsilon) + offset[c]
    ```

    (Ioffe and Szegedy, Batch Normalization, 2015, algorithm 2.)

    Example:

    ```mlir
    %y = lw.batch_norm %x, %scale, %offset, %mean, %variance {epsilon = 1.0e-05 : f32}
         : tensor<1x32x32x16xf32>, tensor<16xf32>
    ```
  }];
  let arguments = (ins
    Lw_Tensor:$input, Lw_Tensor1D:$scale, Lw_Tensor1D:$offset,
    Lw_Tensor1D:$mean, Lw_Tensor1D:$variance, F32Attr:$epsilon);
  let results = (outs Lw_Tensor:$output);
  let assemblyFormat = [{
    $input `,` $scale `,` $offset `,` $mean `,` $variance attr-dict
      `:` type($input) `,` type($scale)
  }];
  let hasVerifier = 1;
}

def Lw_ChannelShuffleOp : Lw_Op<"channel_shuffle", [AllTypesMatch<["input", "output"]>]> {
  let summary = "Channel shuffle between groups";
  let description = [{
    The channels, the last dimension, seen as a `groups x (C / groups)` matrix,
    are transposed:

    ```
    y[..., j*groups + g] = x[..., g*(C / groups) + j]
    ```

    (Zhang et al., ShuffleNet, 2017, section 3.1.) `groups = 1` and `groups = C`
    are the identity.

    Example:

    ```mlir
    %y = lw.channel_shuffle %x {groups = 3 : i64} : tensor<1x28x28x240xf32>
    ```
  }];
  let arguments = (ins Lw_MovedTensor:$input, I64Attr:$groups);
  let results = (outs Lw_MovedTensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Lw_ConvertLayoutOp : Lw_Op<"convert_layout", [AllTypesMatch<["input", "output"]>]> {
  let summary = "The same value in another memory layout";
  let description = [{
    Inserted by `--lw-select-kernels` where an operation reads a value in another
    layout than its producer writes. `lw.layout` of this operation, as of any
    other, is that of its result; a value without one is row-major.

    Example:

    ```mlir
    %y = lw.convert_layout %x {lw.layout = #lw.layout<block = 16, halo = [0, 0, 0, 0]>}
         : tensor<1x28x28x240xf32>
    ```
  }];
  let arguments = (ins AnyTensor:$input);
  let results = (outs AnyTensor:$output);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

#endif // LW_DIALECT_IR_LWOPS_TD

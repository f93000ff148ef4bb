//===- LwQuantizedOps.td - Operations on integers that stand for reals -*- tablegen -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DIALECT_IR_LWQUANTIZEDOPS_TD
#define LW_DIALECT_IR_LWQUANTIZEDOPS_TD

include "lw/Dialect/IR/LwBase.td"

def Lw_QuantizeOp : Lw_Op<"quantize", [SameOperandsAndResultShape]> {
  let summary = "Real numbers to 8-bit integers";
  let description = [{
    ```
    y = saturate(rint(x / scale) + zero_point)
    ```

    In f32, rounded half to even; NaN becomes the zero point (ONNX,
    QuantizeLinear).

    Example:

    ```mlir
    %y = lw.quantize %x to <u8, 0.0235, 128> : tensor<1x32x32x16xf32> -> tensor<1x32x32x16xi8>
    ```
  }];
  let arguments = (ins TensorOf<[F32]>:$input, Lw_QuantAttr:$quantization);
  let results = (outs Lw_ByteTensor:$output);
  let assemblyFormat = "$input `to` $quantization attr-dict `:` type($input) `->` type($output)";
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "QuantAttr":$quantization), [{
    auto type = ::mlir::cast<::mlir::RankedTensorType>(input.getType());
    build($_builder, $_state, type.clone($_builder.getI8Type()), input, quantization);
  }]>];
}

def Lw_DequantizeOp : Lw_Op<"dequantize", [SameOperandsAndResultShape]> {
  let summary = "8-bit integers to real numbers";
  let description = [{
    ```
    y = float(x - zero_point) * scale
    ```

    (ONNX, DequantizeLinear.)

    Example:

    ```mlir
    %y = lw.dequantize %x from <u8, 0.0235, 128> : tensor<1x32x32x16xi8> -> tensor<1x32x32x16xf32>
    ```
  }];
  let arguments = (ins Lw_ByteTensor:$input, Lw_QuantAttr:$quantization);
  let results = (outs TensorOf<[F32]>:$output);
  let assemblyFormat = "$input `from` $quantization attr-dict `:` type($input) `->` type($output)";
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "QuantAttr":$quantization), [{
    auto type = ::mlir::cast<::mlir::RankedTensorType>(input.getType());
    build($_builder, $_state, type.clone($_builder.getF32Type()), input, quantization);
  }]>];
}

def Lw_RequantizeOp : Lw_Op<"requantize", [AllTypesMatch<["input", "output"]>]> {
  let summary = "Integers that stand for the same reals with other parameters";
  let description = [{
    With `m = f32(input.scale / output.scale)`:

    ```
    y = saturate(rint(float(x - input.zero_point) * m) + output.zero_point)
    ```

    Example:

    ```mlir
    %y = lw.requantize %x from <u8, 0.02, 128> to <u8, 0.03, 0> : tensor<1x32x32x16xi8>
    ```
  }];
  let arguments = (ins Lw_ByteTensor:$input, Lw_QuantAttr:$from, Lw_QuantAttr:$to);
  let results = (outs Lw_ByteTensor:$output);
  let assemblyFormat = "$input `from` $from `to` $to attr-dict `:` type($input)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Lw_Table : ElementsAttrBase<
    CPred<"::llvm::isa<::mlir::DenseElementsAttr>($_self) && "
          "::llvm::cast<::mlir::DenseElementsAttr>($_self).getElementType().isInteger(8) && "
          "::llvm::cast<::mlir::DenseElementsAttr>($_self).getType().getShape() == "
          "::llvm::ArrayRef<int64_t>{256}">, "256 bytes"> {
  let storageType = "::mlir::DenseElementsAttr";
  let returnType = "::mlir::DenseElementsAttr";
  let convertFromStorage = "$_self";
}

def Lw_LookupOp : Lw_Op<"lookup", [AllTypesMatch<["input", "output"]>]> {
  let summary = "Any function of one quantized tensor, by its table";
  let description = [{
    ```
    y = table[x], x read as an unsigned byte
    ```

    The table is the function at all 256 inputs, rounded as by `lw.quantize`, so
    every processor computes the same.

    Example:

    ```mlir
    %y = lw.lookup %x in dense<7> : tensor<256xi8> : tensor<1x32x32x16xi8>
    ```
  }];
  let arguments = (ins Lw_ByteTensor:$input, Lw_Table:$table);
  let results = (outs Lw_ByteTensor:$output);
  let assemblyFormat = "$input `in` $table attr-dict `:` type($input)";
}

class Lw_QuantizedBinaryOp<string mnemonic> : Lw_Op<mnemonic> {
  let arguments = (ins Lw_ByteTensor:$lhs, Lw_ByteTensor:$rhs,
                       Lw_QuantAttr:$lhs_quant, Lw_QuantAttr:$rhs_quant,
                       Lw_QuantAttr:$output_quant);
  let results = (outs Lw_ByteTensor:$output);
  let assemblyFormat = [{
    $lhs `from` $lhs_quant `,` $rhs `from` $rhs_quant `to` $output_quant attr-dict
      `:` type($lhs) `,` type($rhs) `->` type($output)
  }];
  let hasVerifier = 1;
}

def Lw_AddOp : Lw_QuantizedBinaryOp<"add"> {
  let summary = "Sum of two quantized tensors";
  let description = [{
    With `ml = f32(lhs.scale / output.scale)` and `mr = f32(rhs.scale / output.scale)`:

    ```
    y = saturate(rint(float(lhs - lhs.zero_point) * ml +
                      float(rhs - rhs.zero_point) * mr) + output.zero_point)
    ```

    Products and sum are rounded to f32 one by one. Either operand may have one
    pixel, or one channel, for all of the result's.

    Example:

    ```mlir
    %y = lw.add %a from <u8, 0.5, 128>, %b from <u8, 0.25, 3> to <u8, 1.0, 0>
         : tensor<1x32x32x16xi8>, tensor<1x32x32x16xi8> -> tensor<1x32x32x16xi8>
    ```
  }];
}

def Lw_MulOp : Lw_QuantizedBinaryOp<"mul"> {
  let summary = "Product of two quantized tensors";
  let description = [{
    With `m = f32(lhs.scale * rhs.scale / output.scale)`:

    ```
    y = saturate(rint(float((lhs - lhs.zero_point) * (rhs - rhs.zero_point)) * m)
                 + output.zero_point)
    ```

    Either operand may have one pixel, or one channel, for all of the result's.

    Example:

    ```mlir
    %y = lw.mul %a from <u8, 0.5, 128>, %b from <u8, 0.25, 3> to <u8, 1.0, 0>
         : tensor<1x32x32x16xi8>, tensor<1x1x1x16xi8> -> tensor<1x32x32x16xi8>
    ```
  }];
}

#endif // LW_DIALECT_IR_LWQUANTIZEDOPS_TD

//===- LwToLinalg.h - Parts of the lowering to linalg -----------*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_CONVERSION_LWTOLINALG_LWTOLINALG_H
#define LW_LIB_CONVERSION_LWTOLINALG_LWTOLINALG_H

#include "lw/Dialect/IR/LwOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir {
class RewritePatternSet;
class TypeConverter;
} // namespace mlir

namespace mlir::lw {

/// Type of the accumulator of a sum over elements of `type`.
Type accumulatorType(Type type);

Value castFloat(OpBuilder &builder, Location location, Value value, Type type);

/// An element-wise operation over `inputs`, which are of the shape `sizes`,
/// with extents of 1 for any, or hold one element per channel, the last
/// dimension. With `onto`, its elements are the function's last argument and
/// the result may take its place.
Value mapElements(
    ImplicitLocOpBuilder &b, ValueRange inputs, ArrayRef<OpFoldResult> sizes,
    Type elementType,
    function_ref<Value(OpBuilder &, Location, ValueRange)> function,
    Value onto = {});

/// The integers of `input` less their zero point, as i32.
Value subtractZeroPoint(ImplicitLocOpBuilder &b, Value input, QuantAttr quant);

/// The result of a quantized convolution with the accumulators `sum`: scales,
/// residual, activation and, where the result is i8, rounding.
Value requantize(ImplicitLocOpBuilder &b, ConvolutionOpInterface conv,
                 Value sum);

void populateConvolutionPatterns(RewritePatternSet &patterns);

/// The element-wise operations on quantized tensors.
void populateQuantizedPatterns(RewritePatternSet &patterns);

/// The elements of `x`, of f32, as integers of 8 bits less their zero point, in
/// i32, and the scale of these: DynamicQuantizeLinear.
std::pair<Value, Value> quantizeByRange(ImplicitLocOpBuilder &b, Value x);

/// Recurrent layers, as loops over their steps.
void populateRecurrentPatterns(RewritePatternSet &patterns);
/// Softmax and normalizations.
void populateRowPatterns(RewritePatternSet &patterns);
/// Fails where their code needs to know an extent that is dynamic.
LogicalResult checkStaticRows(Operation *op);

/// True for what lw's passes write in tosa beside their own operations:
/// arithmetic of floats, and what moves elements.
bool isWrittenByPasses(Operation *op);

/// Lowers such operations with upstream's patterns.
void populateTosaPatterns(TypeConverter &converter,
                          RewritePatternSet &patterns);

/// Makes `arith.constant` of the tosa constants that an operation below `root`
/// reads which is to be lowered, or is no tosa.
void materializeConstants(Operation *root);

/// Erases the tosa constants and shapes below `root` that nothing reads.
void eraseDeadConstants(Operation *root);

} // namespace mlir::lw

#endif // LW_LIB_CONVERSION_LWTOLINALG_LWTOLINALG_H

//===- Interpret.h - What a network computes, by plain loops ----*- C++ -*-===//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_TEST_UNIT_PROPERTY_INTERPRET_H
#define LW_TEST_UNIT_PROPERTY_INTERPRET_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <vector>

namespace lwtest {

using Shape = llvm::SmallVector<int64_t>;

/// A dense row-major tensor.
struct Array {
  Shape shape;
  std::vector<float> values;

  Array() = default;
  explicit Array(llvm::ArrayRef<int64_t> shape);
  /// The largest finite magnitude.
  double largest() const;
};

/// Every value of `@main`, of `tosa` and `lw` operations on f32, for `inputs`:
/// each operation by loops over its definition in double precision, rounded to
/// f32. Independent of all lowerings and folders.
///
/// `disturbance` moves every computed element by up to that share of the
/// largest of its tensor, which shows how a network enlarges rounding errors.
llvm::Expected<llvm::DenseMap<mlir::Value, Array>>
interpret(mlir::ModuleOp module, llvm::ArrayRef<std::vector<float>> inputs,
          double disturbance = 0);

/// What a `tosa` operation computes from its tensor operands.
llvm::Expected<Array> interpretTosa(mlir::Operation *op,
                                    llvm::ArrayRef<const Array *> operands);

/// What an operation on rows computes; nothing for others.
std::optional<Array> interpretRows(mlir::Operation *op,
                                   llvm::ArrayRef<const Array *> operands);

/// The elements of a tensor of `shape` in row-major order, with their indices.
void forEachElement(
    llvm::ArrayRef<int64_t> shape,
    llvm::function_ref<void(int64_t, llvm::ArrayRef<int64_t>)> body);

} // namespace lwtest

#endif // LW_TEST_UNIT_PROPERTY_INTERPRET_H

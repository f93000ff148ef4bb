//===- Signedness.h - Whether bytes are signed
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_EXPORTER_SIGNEDNESS_H
#define LW_LIB_EXPORTER_SIGNEDNESS_H

#include "mlir/IR/Value.h"
#include <cstdint>

namespace mlir::lw::exporter {

/// TensorProto::DataType of the elements of a tensor. Whether i8 is signed says
/// the operation that makes it, or else those that read it.
int32_t elementTypeOf(Value value);

/// Whether elements of TensorProto::DataType `type` are floats.
bool isFloat(int32_t type);

} // namespace mlir::lw::exporter

#endif // LW_LIB_EXPORTER_SIGNEDNESS_H

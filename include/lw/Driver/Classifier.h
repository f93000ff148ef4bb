//===- Classifier.h - Networks whose output is scores of classes -*- C++ -*-==//
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_DRIVER_CLASSIFIER_H
#define LW_DRIVER_CLASSIFIER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Error.h"

namespace mlir::lw {

/// Reads what the classes are called: text in UTF-8, one name a line.
llvm::Expected<std::vector<std::string>> readClassNames(StringRef path);

/// Fails unless a network has one output, with scores of so many classes.
llvm::Error checkClasses(func::FuncOp main, size_t classes);

/// Makes the scores that are a network's only output probabilities. An error
/// where they are already, or are no f32.
llvm::Error appendSoftmax(func::FuncOp main);

} // namespace mlir::lw

#endif // LW_DRIVER_CLASSIFIER_H

//===- InputType.h - Shapes and element types of inputs and outputs
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_INPUTTYPE_H
#define LW_LIB_IMPORTER_INPUTTYPE_H

#include "Elements.h"
#include "lw/Importer/Onnx.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Error.h"

namespace mlir::lw::importer {

struct InputType {
  Shape shape;
  EdgeType edge;
  /// The file fixes a batch of 1, in whose place another has come.
  bool hasOtherBatch = false;
};

/// The names of symbolic first dimensions: wherever they stand, the batch.
llvm::StringSet<> batchNames(
    const google::protobuf::RepeatedPtrField<::onnx::ValueInfoProto> &inputs);

/// The type of a graph's input with the extents that are asked for.
llvm::Expected<InputType> readInputType(const ::onnx::ValueInfoProto &input,
                                        MLIRContext *context,
                                        const InputShapes &wanted,
                                        const llvm::StringSet<> &batches);

/// The numbers that stand for an input of that type; null without any.
llvm::Expected<ConstantRef> readInputValue(StringRef name,
                                           const InputType &type,
                                           const InputShapes &wanted);

/// Fails where `wanted` names an input or a symbolic dimension that is not
/// among `inputs`, and lists what is.
llvm::Error checkInputShapes(ArrayRef<const ::onnx::ValueInfoProto *> inputs,
                             const InputShapes &wanted);

/// The declared element type of an output, or what it is held in where the two
/// do not fit: floats are no integers.
EdgeType outputType(MLIRContext *context, const ::onnx::ValueInfoProto &output,
                    const TensorRef &tensor);

/// Attributes of the network's argument or result: its name, and what its type
/// does not say of its elements.
DictionaryAttr describeEdge(Builder &builder, StringRef name,
                            const EdgeType &edge);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_INPUTTYPE_H

//===- FitBatch.cpp - Another batch than the one of the file
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Graph.h"
#include "Node.h"

using namespace mlir;
using namespace mlir::lw::importer;

/// A shape that begins with 1 would take another batch for something else.
/// Where its other extents are those of one image, as PyTorch writes a flatten,
/// it gets that batch.
LogicalResult GraphImporter::fitBatch(Node &node,
                                      const ::onnx::NodeProto &proto) {
  const TensorRef shape = node.input(1), x = node.input(0);
  if (proto.op_type() != "Reshape" || !x || x->constant || x->rank() == 0 ||
      x->shape.front() != *file.otherBatch || !shape || !shape->constant ||
      shape->constant->ints.size() < 2 || shape->constant->ints.front() != 1)
    return success();
  std::vector<int64_t> extents = shape->constant->ints;
  int64_t elements =
      ShapedType::getNumElements(ArrayRef(x->shape).drop_front());
  // What is kept, and what follows from the rest.
  int64_t others = 1;
  if (node.intAttr("allowzero", 0) == 0)
    for (size_t i = 1; i < extents.size() && i < x->shape.size(); ++i)
      if (extents[i] == 0)
        extents[i] = x->shape[i];
  for (int64_t extent : extents)
    others *= extent == -1 ? 1 : extent;
  // [1, -1] may also be all images in one row.
  if (extents.size() > 2 && llvm::count(extents, -1) == 1 && others > 0 &&
      elements % others == 0)
    *llvm::find(extents, -1) = elements / others;
  ArrayRef<int64_t> image = ArrayRef(extents).drop_front();
  if (llvm::all_of(image, [](int64_t extent) { return extent > 0; }) &&
      ShapedType::getNumElements(image) == elements) {
    extents.front() = *file.otherBatch;
    int64_t rank = extents.size();
    node.inputs[1] =
        GraphBuilder::fromConstant(makeInts({rank}, std::move(extents)));
    return success();
  }
  return node.error("shape " + formatShape(shape->constant->ints) +
                    " fixes a batch of 1; export the network with a symbolic "
                    "batch, or leave --batch out");
}

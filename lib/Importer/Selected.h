//===- Selected.h - Tensors of as many elements as a mask selects
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_SELECTED_H
#define LW_LIB_IMPORTER_SELECTED_H

#include "Node.h"

namespace mlir::lw::importer {

/// Along one dimension the tensor holds an element for every one of a mask. In
/// the file it holds only those that the mask selects when the network runs,
/// in the same order; what stands in between counts for nothing.
struct Selection {
  TensorRef source; // what NonZero reads: selections of one source agree
  TensorRef mask;   // of bool, its elements in a row
  int64_t axis = 0;
  /// Of a tensor known at import but for elements that are how many the mask
  /// selects, in whose place stands how many it has: which ones. Empty where
  /// the tensor itself holds what is selected.
  std::vector<int64_t> counts = {};
};

/// What is said of such a tensor where it cannot be.
constexpr StringRef kSelected =
    "of as many elements as a mask selects when the network runs; sum or "
    "scatter them before, or cut the network off";

/// Imports NonZero of what is not known at import, or a node some of whose
/// inputs hold what a mask selects, as `selections` says of each. Returns what
/// the results hold, if not all elements.
FailureOr<std::optional<Selection>>
importSelected(Node &node, const ::onnx::NodeProto &proto,
               ArrayRef<std::optional<Selection>> selections);

/// The same where an input holds counts, or the node makes them.
FailureOr<std::optional<Selection>>
importCounts(Node &node, const ::onnx::NodeProto &proto,
             ArrayRef<std::optional<Selection>> selections);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_SELECTED_H

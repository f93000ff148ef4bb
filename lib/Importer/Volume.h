//===- Volume.h - Windows along any number of dimensions
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_VOLUME_H
#define LW_LIB_IMPORTER_VOLUME_H

#include "Window.h"

namespace mlir::lw::importer {

/// The order in which an N x C x ... tensor has its channels last: the batch,
/// the spatial dimensions, the channels.
Permutation channelsLast(int64_t rank);

/// Conv and ConvTranspose with three spatial dimensions.
LogicalResult importVolumeConv(Node &node);
LogicalResult importVolumeTransposed(Node &node);

/// Where in its input a MaxPool finds its elements, the output Indices; null
/// for integers and large windows.
TensorRef createPoolIndices(Node &node);

/// MaxPool and AveragePool one dimension after the other, with dilations and
/// any number of spatial dimensions.
LogicalResult importMaxPoolByAxis(Node &node);
LogicalResult importAveragePoolByAxis(Node &node);

} // namespace mlir::lw::importer

#endif // LW_LIB_IMPORTER_VOLUME_H

//===- Proto.h - The ONNX protobuf classes
//
// Part of lw, licensed under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef LW_LIB_IMPORTER_PROTO_H
#define LW_LIB_IMPORTER_PROTO_H

// The headers of protobuf define functions without using their parameters.
#pragma GCC system_header
#include <onnx/onnx_pb.h>

#endif // LW_LIB_IMPORTER_PROTO_H

# Finds Debian's ONNX protobuf classes.

find_package(Protobuf REQUIRED)
find_path(LW_ONNX_INCLUDE_DIR onnx/onnx_pb.h)
find_library(LW_ONNX_PROTO_LIBRARY onnx_proto)
if(NOT LW_ONNX_INCLUDE_DIR OR NOT LW_ONNX_PROTO_LIBRARY)
  message(FATAL_ERROR "The ONNX protobuf classes were not found; install libonnx-dev")
endif()

# lw_use_onnx(target): the classes, for the sources of the target only.
function(lw_use_onnx target)
  target_include_directories(${target} SYSTEM PRIVATE
    ${LW_ONNX_INCLUDE_DIR} ${Protobuf_INCLUDE_DIRS})
  target_compile_definitions(${target} PRIVATE ONNX_NAMESPACE=onnx ONNX_ML=1)
  lw_link(${target} PRIVATE
    SHARED ${LW_ONNX_PROTO_LIBRARY} ${Protobuf_LIBRARIES}
    STATIC LwOnnxClasses)
endfunction()

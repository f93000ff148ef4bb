# What programs that are linked without libMLIR.so and libLLVM.so take instead:
# all archives, of which the linker takes the needed members.
file(GLOB lw_archives "${LLVM_LIBRARY_DIR}/libMLIR*.a" "${LLVM_LIBRARY_DIR}/libLLVM*.a")
list(FILTER lw_archives EXCLUDE REGEX "libMLIRCAPI|Test")
find_library(LW_LLD_ELF lldELF HINTS "${LLVM_LIBRARY_DIR}" NO_DEFAULT_PATH)
find_library(LW_LLD_COMMON lldCommon HINTS "${LLVM_LIBRARY_DIR}" NO_DEFAULT_PATH)
find_library(LW_ZSTD NAMES libzstd.a zstd libzstd.so.1)
find_library(LW_ZLIB NAMES z libz.so.1)
find_library(LW_PROTOBUF_STATIC libprotobuf.a)
find_file(LW_ONNX_PROTO_FILE onnx/onnx-ml.proto
  PATHS /usr/lib/python3/dist-packages "${LW_ONNX_INCLUDE_DIR}")
foreach(needed lw_archives LW_LLD_ELF LW_LLD_COMMON LW_ZSTD LW_ZLIB LW_PROTOBUF_STATIC LW_ONNX_PROTO_FILE)
  if(NOT ${needed})
    message(FATAL_ERROR
      "LW_STATIC_LLVM needs LLVM, MLIR, LLD and Protocol Buffers as archives, and onnx-ml.proto (${needed} was not "
      "found); install llvm-22-dev, libmlir-22-dev, liblld-22-dev, libprotobuf-dev and python3-onnx")
  endif()
endforeach()
add_library(LwStaticLlvm INTERFACE)
target_link_libraries(LwStaticLlvm INTERFACE
  "${LW_LLD_ELF}" "${LW_LLD_COMMON}" ${lw_archives} "${LW_ZSTD}" "${LW_ZLIB}" ${CMAKE_DL_LIBS})

# Debian has ONNX's classes as a shared library only: the same once more, of the
# same file. Its wish for classes without reflection the shared library has not.
file(READ "${LW_ONNX_PROTO_FILE}" proto)
string(REPLACE "option optimize_for = LITE_RUNTIME;" "" proto "${proto}")
set(lw_onnx "${PROJECT_BINARY_DIR}/onnx-classes")
file(GENERATE OUTPUT "${lw_onnx}/onnx/onnx-ml.proto" CONTENT "${proto}")
add_custom_command(OUTPUT "${lw_onnx}/onnx/onnx-ml.pb.cc" "${lw_onnx}/onnx/onnx-ml.pb.h"
  COMMAND protobuf::protoc "--proto_path=${lw_onnx}" "--cpp_out=${lw_onnx}" "${lw_onnx}/onnx/onnx-ml.proto"
  DEPENDS "${lw_onnx}/onnx/onnx-ml.proto" VERBATIM)
add_library(LwOnnxClasses STATIC EXCLUDE_FROM_ALL "${lw_onnx}/onnx/onnx-ml.pb.cc")
target_include_directories(LwOnnxClasses SYSTEM PRIVATE "${lw_onnx}" ${Protobuf_INCLUDE_DIRS})
target_link_libraries(LwOnnxClasses INTERFACE "${LW_PROTOBUF_STATIC}")

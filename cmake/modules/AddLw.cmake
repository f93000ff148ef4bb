# Finds LLVM and MLIR and holds the one rule for linking them.
#
# Everything links libMLIR.so and libLLVM.so, never a static MLIR archive: two
# copies of MLIR in one process mean two TypeID registries, and a plugin built
# from archives does not load into a stock mlir-opt. Only a program with the
# property LW_STATIC_LLVM (lw-standalone) is of archives alone. MLIRConfig.cmake does not
# export MLIR_LINK_MLIR_DYLIB, so it is set here before AddMLIR reads it.

find_package(MLIR 22.1 REQUIRED CONFIG)
message(STATUS "Using MLIR ${LLVM_PACKAGE_VERSION} in ${MLIR_DIR}")

if(NOT TARGET MLIR OR NOT TARGET LLVM)
  message(FATAL_ERROR
    "This MLIR was built without its shared libraries libMLIR and libLLVM; "
    "install libmlir-22-dev and llvm-22-dev, or point -DMLIR_DIR at a build "
    "with -DLLVM_BUILD_LLVM_DYLIB=ON -DLLVM_LINK_LLVM_DYLIB=ON")
endif()

set(MLIR_LINK_MLIR_DYLIB ON)
set(LLVM_LINK_LLVM_DYLIB ON)
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
separate_arguments(LW_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
add_definitions(${LW_LLVM_DEFINITIONS})

# lw_link(target SCOPE SHARED libraries... STATIC libraries...): which of both is
# linked is up to the program that is linked in the end.
function(lw_link target scope)
  cmake_parse_arguments(ARG "" "" "SHARED;STATIC" ${ARGN})
  set(static "$<BOOL:$<TARGET_PROPERTY:LW_STATIC_LLVM>>")
  foreach(library ${ARG_SHARED})
    target_link_libraries(${target} ${scope} $<BUILD_INTERFACE:$<$<NOT:${static}>:${library}>>
      $<INSTALL_INTERFACE:${library}>)
  endforeach()
  foreach(library ${ARG_STATIC})
    target_link_libraries(${target} ${scope} $<BUILD_INTERFACE:$<${static}:${library}>>)
  endforeach()
endfunction()

# Flags of our own targets only, so that they do not reach GoogleTest or others.
add_library(LwBuildFlags INTERFACE)
target_compile_options(LwBuildFlags INTERFACE
  -Wall -Wextra -Wno-unused-parameter
  $<$<BOOL:${LW_WERROR}>:-Werror>
  $<$<NOT:$<BOOL:${LLVM_ENABLE_EH}>>:-fno-exceptions>
  $<$<NOT:$<BOOL:${LLVM_ENABLE_RTTI}>>:-fno-rtti>)
if(LW_SANITIZE)
  target_compile_options(LwBuildFlags INTERFACE -fsanitize=${LW_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(LwBuildFlags INTERFACE -fsanitize=${LW_SANITIZE})
endif()

# Most of the time of a source file goes into the headers that nearly all include.
# Parsed once they halve a clean build; without it missing includes are found.
if(LW_PRECOMPILE_HEADERS)
  add_library(LwHeaders STATIC "${CMAKE_CURRENT_LIST_DIR}/../headers.cpp")
  target_link_libraries(LwHeaders PRIVATE LwBuildFlags)
  target_precompile_headers(LwHeaders PRIVATE
    <mlir/Dialect/Arith/IR/Arith.h>
    <mlir/Dialect/Func/IR/FuncOps.h>
    <mlir/Dialect/Tosa/IR/TosaOps.h>
    <mlir/IR/Builders.h>
    <mlir/IR/BuiltinOps.h>
    <mlir/IR/Matchers.h>
    <mlir/IR/PatternMatch.h>
    <llvm/ADT/StringExtras.h>
    <llvm/Support/FormatVariadic.h>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    # ccache knows headers by their bytes.
    target_compile_options(LwBuildFlags INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endif()
function(lw_use_headers target)
  if(LW_PRECOMPILE_HEADERS)
    target_precompile_headers(${target} REUSE_FROM LwHeaders)
  endif()
endfunction()

# add_lw_library(Name sources... [DEPENDS targets] [LINK_LIBS our or foreign libraries])
# A static library of lw. Links libMLIR and libLLVM; MLIR libraries are never named.
function(add_lw_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  add_dependencies(${name} LwTableGen ${ARG_DEPENDS})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:LwBuildFlags> PUBLIC ${ARG_LINK_LIBS})
  lw_link(${name} PUBLIC SHARED MLIR LLVM STATIC LwStaticLlvm)
  lw_use_headers(${name})
  set_property(GLOBAL APPEND PROPERTY LW_LIBRARIES ${name})
endfunction()

# add_lw_tool(name sources... [MAIN function] [LINK_LIBS ...]): an installed
# executable. With MAIN, what tools/Main.h declares, its objects are a library of
# their own, NAME-objects, for a program of several tools.
function(add_lw_tool name)
  cmake_parse_arguments(ARG "" "MAIN" "LINK_LIBS" ${ARGN})
  set(component libraries)
  if(ARG_MAIN)
    add_library(${name}-objects OBJECT ${ARG_UNPARSED_ARGUMENTS})
    add_dependencies(${name}-objects LwTableGen)
    target_link_libraries(${name}-objects PRIVATE LwBuildFlags PUBLIC ${ARG_LINK_LIBS})
    add_executable(${name} "${PROJECT_SOURCE_DIR}/tools/main.cpp")
    target_compile_definitions(${name} PRIVATE LW_TOOL_MAIN=${ARG_MAIN})
    target_link_libraries(${name} PRIVATE LwBuildFlags ${name}-objects)
    set(component tools)
  else()
    add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
    add_dependencies(${name} LwTableGen)
    target_link_libraries(${name} PRIVATE LwBuildFlags MLIR LLVM ${ARG_LINK_LIBS})
  endif()
  set_property(GLOBAL APPEND PROPERTY LW_TOOLS ${name})
  # Where one program of several tools is installed in its place the tool has the rule still:
  # without it CMake would link it again, under the tests that run it.
  set(excluded "")
  if(LW_STATIC_LLVM AND ARG_MAIN)
    set(component replaced)
    set(excluded EXCLUDE_FROM_ALL)
  endif()
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ${component} ${excluded})
endfunction()

# add_lw_plugin(Name sources... [LINK_LIBS ...]): an installed module that
# mlir-opt loads. It has no prefix, so that its file is Name.so.
function(add_lw_plugin name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_library(${name} MODULE ${ARG_UNPARSED_ARGUMENTS})
  add_dependencies(${name} LwTableGen)
  set_target_properties(${name} PROPERTIES PREFIX "")
  target_link_libraries(${name} PRIVATE LwBuildFlags MLIR LLVM ${ARG_LINK_LIBS})
  set_property(GLOBAL APPEND PROPERTY LW_TOOLS ${name})
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libraries)
endfunction()

# lw_tablegen(file.td output generator-flags...): one generated file of this folder.
function(lw_tablegen td output)
  set(LLVM_TARGET_DEFINITIONS ${td})
  mlir_tablegen(${output} ${ARGN} EXTRA_INCLUDES "${PROJECT_SOURCE_DIR}/include")
  set_property(DIRECTORY APPEND PROPERTY LW_TABLEGEN_OUTPUTS "${CMAKE_CURRENT_BINARY_DIR}/${output}")
endfunction()

# lw_tablegen_target(name): the folder's generated files as one target, on which
# every library and tool depends through LwTableGen.
function(lw_tablegen_target name)
  get_property(outputs DIRECTORY PROPERTY LW_TABLEGEN_OUTPUTS)
  add_custom_target(${name} DEPENDS ${outputs})
  add_dependencies(LwTableGen ${name})
endfunction()
add_custom_target(LwTableGen)

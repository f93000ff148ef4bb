# Networks in a project's build: the compiler Lw::lwc and lw_add_network. Needs
# no development package of LLVM's.
#
# lw_add_network(TARGET model.onnx
#   [SHARED]            a shared library; else a static one
#   [NAME prefix]       of the functions, prefix_run; else the target's name
#   [FLAGS flag...]     handed on to lwc: --quantize=int8, --cpu=x86-64-v3, ...
#   [DEPENDS file...])  what the flags name: samples of --calibrate, ...
#
# Makes a library TARGET of the network and its header TARGET.h, which whoever
# links TARGET includes; --threads=N links LLVM's OpenMP library. The network is compiled when it, a file of DEPENDS or
# lwc changes.

function(lw_add_network target model)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "SHARED" "NAME" "FLAGS;DEPENDS")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "lw_add_network(${target}): unknown arguments '${ARG_UNPARSED_ARGUMENTS}'; "
      "flags of lwc stand after FLAGS")
  endif()
  get_filename_component(model "${model}" ABSOLUTE)
  if(NOT ARG_NAME)
    string(MAKE_C_IDENTIFIER "${target}" ARG_NAME)
  endif()
  if(CMAKE_CROSSCOMPILING AND NOT "${ARG_FLAGS}" MATCHES "--target=")
    message(FATAL_ERROR "lw_add_network(${target}): the project is compiled for ${CMAKE_SYSTEM_PROCESSOR}; "
      "name it in FLAGS: --target=aarch64-linux-gnu --cpu=cortex-a76")
  endif()

  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}.lw")
  set(object "${folder}/${target}.o")
  set(header "${folder}/${target}.h")
  file(MAKE_DIRECTORY "${folder}")
  add_custom_command(OUTPUT "${object}" "${header}"
    COMMAND Lw::lwc "${model}" -o "${object}" "--name=${ARG_NAME}" --quiet ${ARG_FLAGS}
    DEPENDS "${model}" ${ARG_DEPENDS} Lw::lwc
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
    COMMENT "Compiling network ${target}" VERBATIM)
  set_source_files_properties("${object}" PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)

  set(kind STATIC)
  if(ARG_SHARED)
    set(kind SHARED)
  endif()
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  set(language C)
  if(NOT C IN_LIST languages)
    set(language CXX)
  endif()
  add_library(${target} ${kind} "${object}" "${header}")
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE ${language})
  target_include_directories(${target} INTERFACE "$<BUILD_INTERFACE:${folder}>")
  if(NOT "${ARG_FLAGS}" MATCHES "--freestanding")
    target_link_libraries(${target} PUBLIC m)
  endif()
  # Several threads call LLVM's OpenMP library.
  if("${ARG_FLAGS}" MATCHES "-threads[=;]([0-9]+)" AND CMAKE_MATCH_1 GREATER 1)
    find_library(LW_OPENMP_LIBRARY NAMES omp omp5 libomp.so.5 PATHS /usr/lib/llvm-22/lib)
    if(NOT LW_OPENMP_LIBRARY)
      message(FATAL_ERROR "lw_add_network(${target}): code for several threads needs LLVM's OpenMP library; "
        "install it (Debian: apt-get install libomp-22-dev), set LW_OPENMP_LIBRARY, or leave --threads out of FLAGS")
    endif()
    target_link_libraries(${target} PUBLIC "${LW_OPENMP_LIBRARY}")
  endif()
endfunction()

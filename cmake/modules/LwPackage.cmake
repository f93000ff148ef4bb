# Packages: scripts/package.sh makes them with cpack.
set(CPACK_PACKAGE_NAME lw)
set(CPACK_PACKAGE_VENDOR "lw")
set(CPACK_PACKAGE_CONTACT "lw developers <lw@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Compiler that makes trained neural networks light")
set(CPACK_PACKAGE_DESCRIPTION
  "Compiles trained networks (ONNX) to native code without dependencies: rewrites convolutions to "
  "cheaper forms, computes with 8-bit integers and emits vectorized code.")
list(JOIN CPACK_PACKAGE_DESCRIPTION "" CPACK_PACKAGE_DESCRIPTION)
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_GENERATOR DEB TXZ)
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)
execute_process(COMMAND dpkg --print-architecture
  OUTPUT_VARIABLE architecture OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT architecture)
  set(architecture ${CMAKE_SYSTEM_PROCESSOR})
endif()
set(CPACK_PACKAGE_FILE_NAME "lw_${PROJECT_VERSION}_${architecture}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# Of the shared libraries that the tools load; and what links the networks.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "lld-22 | clang-22")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "clang-22, python3-numpy")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libomp5-22, llvm-22-dev, libmlir-22-dev")
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
# The wheel that scripts/package.sh has made.
install(DIRECTORY "${PROJECT_BINARY_DIR}/wheels/" DESTINATION ${CMAKE_INSTALL_DATADIR}/lw
  COMPONENT tools OPTIONAL FILES_MATCHING PATTERN "*.whl")
include(CPack)

# Installs what lw consists of, in three components:
#   tools      lwc, lw-opt, lw-run and lw-translate, and what a project needs that
#              runs networks
#   libraries  headers, libraries and CMake targets for tools on MLIR, the plugin
#              and lw-lsp-server
#   docs       documents, licences and examples
get_property(lw_libraries GLOBAL PROPERTY LW_LIBRARIES)
set(lw_cmake "${CMAKE_INSTALL_LIBDIR}/cmake/Lw")
install(TARGETS ${lw_libraries} EXPORT LwTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libraries)
install(EXPORT LwTargets FILE LwTargets.cmake NAMESPACE Lw::
  DESTINATION ${lw_cmake} COMPONENT libraries)
foreach(root "${PROJECT_SOURCE_DIR}/include/lw" "${PROJECT_BINARY_DIR}/include/lw")
  install(DIRECTORY "${root}" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT libraries
    FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.inc"
    PATTERN "CMakeFiles" EXCLUDE)
endforeach()

include(CMakePackageConfigHelpers)
list(JOIN lw_libraries " " LW_EXPORTED_LIBRARIES)
set(LW_BINDIR "${CMAKE_INSTALL_BINDIR}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/modules/LwConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/LwConfig.cmake"
  INSTALL_DESTINATION ${lw_cmake} PATH_VARS LW_BINDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/LwConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/LwConfig.cmake" "${PROJECT_BINARY_DIR}/LwConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/modules/LwNetworks.cmake"
  DESTINATION ${lw_cmake} COMPONENT tools)
configure_file("${PROJECT_SOURCE_DIR}/cmake/modules/lw.pc.in" "${PROJECT_BINARY_DIR}/lw.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/lw.pc"
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT tools)

# Man pages and completions, from what the tools say to --help.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  set(lw_manual "${PROJECT_BINARY_DIR}/share")
  foreach(tool lwc lw-run lw-opt lw-translate)
    set(pages "${lw_manual}/man/man1/${tool}.1" "${lw_manual}/bash-completion/completions/${tool}")
    add_custom_command(OUTPUT ${pages}
      COMMAND ${Python3_EXECUTABLE} "${PROJECT_SOURCE_DIR}/cmake/make_manual.py" $<TARGET_FILE:${tool}> "${lw_manual}"
      DEPENDS ${tool} "${PROJECT_SOURCE_DIR}/cmake/make_manual.py" VERBATIM)
    list(APPEND lw_pages ${pages})
  endforeach()
  add_custom_target(lw-manual ALL DEPENDS ${lw_pages})
  # Not there where single targets have been built.
  install(DIRECTORY "${lw_manual}/man" "${lw_manual}/bash-completion"
    DESTINATION ${CMAKE_INSTALL_DATADIR} COMPONENT tools OPTIONAL)
endif()

install(FILES LICENSE THIRD-PARTY.md CHANGELOG.md README.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT docs)
install(DIRECTORY docs examples
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT docs
  PATTERN "CMakeLists.txt" EXCLUDE)
install(DIRECTORY examples/cmake examples/consumer
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT docs)
# The demo of installed tools.
install(PROGRAMS scripts/demo.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/lw/scripts COMPONENT docs)
install(FILES scripts/demo_table.py DESTINATION ${CMAKE_INSTALL_DATADIR}/lw/scripts COMPONENT docs)
install(DIRECTORY examples/digits DESTINATION ${CMAKE_INSTALL_DATADIR}/lw/examples COMPONENT docs)

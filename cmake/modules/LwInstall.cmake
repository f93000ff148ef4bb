# Installs headers, libraries and the CMake package of lw.
get_property(lw_libraries GLOBAL PROPERTY LW_LIBRARIES)
install(TARGETS ${lw_libraries} EXPORT LwTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT LwTargets FILE LwTargets.cmake NAMESPACE Lw::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Lw)
foreach(root "${PROJECT_SOURCE_DIR}/include/lw" "${PROJECT_BINARY_DIR}/include/lw")
  install(DIRECTORY "${root}" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.inc"
    PATTERN "CMakeFiles" EXCLUDE)
endforeach()

include(CMakePackageConfigHelpers)
list(JOIN lw_libraries " " LW_EXPORTED_LIBRARIES)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/modules/LwConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/LwConfig.cmake"
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Lw)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/LwConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/LwConfig.cmake" "${PROJECT_BINARY_DIR}/LwConfigVersion.cmake"
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Lw)

# What `cmake --install` copies, in three components that a distribution can package apart:
# library (the shared library), dev (header, link, pkg-config, CMake), program (the command line).
include(CMakePackageConfigHelpers)

set(batchrouter_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/BatchRouter)

install(TARGETS batchrouter EXPORT BatchRouterTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT dev)
install(FILES include/batchrouter.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
install(EXPORT BatchRouterTargets NAMESPACE BatchRouter:: DESTINATION ${batchrouter_cmake_dir} COMPONENT dev)
if(TARGET batchrouter_static)
  install(TARGETS batchrouter_static EXPORT BatchRouterStaticTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
  install(EXPORT BatchRouterStaticTargets NAMESPACE BatchRouter:: DESTINATION ${batchrouter_cmake_dir} COMPONENT dev)
endif()

configure_package_config_file(cmake/BatchRouterConfig.cmake.in ${PROJECT_BINARY_DIR}/BatchRouterConfig.cmake
  INSTALL_DESTINATION ${batchrouter_cmake_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/BatchRouterConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/BatchRouterConfig.cmake ${PROJECT_BINARY_DIR}/BatchRouterConfigVersion.cmake
  DESTINATION ${batchrouter_cmake_dir} COMPONENT dev)

# The directories follow from where the .pc file lies, so that an installed tree can be moved. Absolute ones cannot.
set(pc_dir ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_prefix ${pc_dir} ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
foreach(dir libdir includedir)
  string(TOUPPER ${dir} variable)
  set(pc_${dir} "\${prefix}/${CMAKE_INSTALL_${variable}}")
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${variable}}")
    set(pc_${dir} "${CMAKE_INSTALL_${variable}}")
  endif()
endforeach()
configure_file(pkgconfig/batchrouter.pc.in ${PROJECT_BINARY_DIR}/batchrouter.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/batchrouter.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)

if(TARGET batchrouter_cli)
  # The stand-in is for tests of those who run vLLM: see docs/emulator.md.
  install(TARGETS batchrouter_cli batchrouter_vllm_stand_in RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()

install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT library)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT dev FILES_MATCHING PATTERN "*.md")

# What `cmake --install` copies, in components that a distribution can package apart: library (the shared library), dev
# (header, link, pkg-config, CMake, manual), program (the command line), documentation (licence and the like).
include(CMakePackageConfigHelpers)

set(zsh_completions ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
if(BATCHROUTER_DEB)
  set(zsh_completions ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
endif()
set(batchrouter_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/BatchRouter)

install(TARGETS batchrouter EXPORT BatchRouterTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT dev)
install(FILES include/batchrouter.h include/batchrouter.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
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
  install(FILES docs/batchrouter.1 docs/batchrouter-vllm-stand-in.1
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
endif()

# The program prints its own completions, so it has to run here.
if(TARGET batchrouter_cli AND NOT CMAKE_CROSSCOMPILING)
  set(completions ${PROJECT_BINARY_DIR}/completions)
  add_custom_command(OUTPUT ${completions}/batchrouter ${completions}/_batchrouter ${completions}/batchrouter.fish
    COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
    COMMAND batchrouter_cli completions bash > ${completions}/batchrouter
    COMMAND batchrouter_cli completions zsh > ${completions}/_batchrouter
    COMMAND batchrouter_cli completions fish > ${completions}/batchrouter.fish
    DEPENDS batchrouter_cli VERBATIM)
  add_custom_target(batchrouter_completions ALL DEPENDS ${completions}/batchrouter)
  install(FILES ${completions}/batchrouter DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    COMPONENT program)
  install(FILES ${completions}/_batchrouter DESTINATION ${zsh_completions} COMPONENT program)
  install(FILES ${completions}/batchrouter.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
    COMPONENT program)
endif()

install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documentation)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT dev FILES_MATCHING PATTERN "*.md")

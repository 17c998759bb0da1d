# Three Debian packages, made by `cpack -G DEB`: libbatchrouter0, libbatchrouter-dev, batchrouter.
set(soname_package libbatchrouter0)
set(made ${PROJECT_BINARY_DIR}/debian)
set(maintainer "The batchrouter authors <batchrouter@lists.invalid>")

# Debian's own changelog; the time follows SOURCE_DATE_EPOCH, so that a package can be built again, bit for bit.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(${CMAKE_CURRENT_LIST_DIR}/deb/changelog.in ${made}/changelog @ONLY)
execute_process(COMMAND gzip -9nc ${made}/changelog OUTPUT_FILE ${made}/changelog.gz COMMAND_ERROR_IS_FATAL ANY)
# Which package a program needs that links to the library.
file(WRITE ${made}/shlibs "libbatchrouter 0 ${soname_package} (>= ${PROJECT_VERSION})\n")

function(debian_package component name section synopsis content)
  install(FILES LICENSE DESTINATION share/doc/${name} RENAME copyright COMPONENT ${component})
  install(FILES ${made}/changelog.gz DESTINATION share/doc/${name} COMPONENT ${component})
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_FILE_NAME DEB-DEFAULT PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "batch requests to language models - ${synopsis}
Sends many requests to language models through the vendors' batch APIs, at
about half the price, and hands every answer back under the id it was asked
under. A process that dies at any instruction loses no batch and pays for none
twice.

${content}" PARENT_SCOPE)
endfunction()

debian_package(library ${soname_package} libs "library" "This package holds the shared library.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA "${CMAKE_CURRENT_LIST_DIR}/deb/triggers;${made}/shlibs")

debian_package(dev libbatchrouter-dev libdevel "development files"
  "This package holds the C header, the static library, the files of pkg-config
and CMake, and the manual.")
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "${soname_package} (= ${PROJECT_VERSION})")
# What the static library links to, as batchrouter.pc and BatchRouterConfig.cmake say.
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS
  "libcurl4-openssl-dev | libcurl-dev, libssl-dev, libsqlite3-dev")

debian_package(program batchrouter utils "command line"
  "This package holds the program, its manual page and completions for bash, zsh
and fish.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "${soname_package} (= ${PROJECT_VERSION})")

foreach(component LIBRARY PROGRAM)
  set(CPACK_DEBIAN_${component}_PACKAGE_SHLIBDEPS ON)
endforeach()
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/src)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${maintainer}")

set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL library dev program)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_NAME batchrouter)
set(CPACK_PACKAGE_VENDOR "The batchrouter authors")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/deb/finish.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/deb/repack.cmake)
include(CPack)

# Before GNUInstallDirs: where Debian has libraries of several architectures, and the pages of a -dev package.
if(CMAKE_LIBRARY_ARCHITECTURE)
  set(CMAKE_INSTALL_LIBDIR lib/${CMAKE_LIBRARY_ARCHITECTURE})
endif()
set(CMAKE_INSTALL_DOCDIR share/doc/libbatchrouter-dev)

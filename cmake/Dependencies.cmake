# Every find_package of the project. Library users need the first block only.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3>=3.35)

if(BATCHROUTER_BUILD_CLI OR BATCHROUTER_BUILD_TESTS)
  find_package(Boost 1.74 REQUIRED)
  find_package(CLI11 2.1 REQUIRED)
  find_package(fmt REQUIRED)
  find_package(tomlplusplus REQUIRED)
endif()

if(BATCHROUTER_BUILD_TESTS)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()

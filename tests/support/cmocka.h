// cmocka for C++ tests.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

// cmocka defines a macro `fail`, which the streams do not survive: they come first.
#include <fstream>
#include <sstream>

extern "C" {
#include <cmocka.h>
}

// So that a function may have that name. fail_msg() used it.
#undef fail
#undef fail_msg
#define fail_msg(...)                  \
  do {                                 \
    print_error("ERROR: " __VA_ARGS__); \
    print_error("\n");                 \
    _fail(__FILE__, __LINE__);         \
  } while (0)

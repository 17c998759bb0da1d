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

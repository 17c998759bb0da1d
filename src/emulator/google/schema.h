#pragma once

#include <string>

#include "emulator/base/json.h"

namespace br::emulator {

// Why the API takes no such Schema object, the one of responseSchema and of a function's parameters; empty if it does.
std::string google_schema_problem(const json::Value& schema, const std::string& place);

// The same for the functions of a request's tools.
std::string google_tools_problem(const json::Value& tools, const std::string& place);

}  // namespace br::emulator

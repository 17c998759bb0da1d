#pragma once

#include <string>

#include "emulator/base/json.h"

namespace br::emulator {

// Why Claude's structured outputs take no such JSON schema, that of an answer or of a strict tool; empty if they do.
std::string claude_schema_problem(const json::Value& schema);

}  // namespace br::emulator

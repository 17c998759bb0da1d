// What Claude models refuse of efforts, of thinking, and beside it; by the version in their names.
#pragma once

#include <string>
#include <string_view>

#include "emulator/base/json.h"

namespace br::emulator {

// The vendor's message; empty where the model takes it. model: as the request names it; one without a version takes all.
std::string thinking_problem(std::string_view model, const json::Value& params);

// What the API of that anthropic-version no longer takes.
std::string version_problem(const json::Value& params, std::string_view api_version);

}  // namespace br::emulator

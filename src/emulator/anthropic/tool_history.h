#pragma once

// Calls and results of the conversation that a request for a message holds.

#include <string>

#include "emulator/base/json.h"

namespace br::emulator {

// Why the results do not fit the calls, in the vendor's words; empty if they do: each result answers a call of the
// message before it, and each call has its result in the next message. `messages` are well formed.
std::string tool_history_problem_of_claude(const json::Value& messages);

}  // namespace br::emulator

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emulator/base/json.h"

namespace br::emulator {

enum class CacheMark { kNone, kFiveMinutes, kHour };

// A block of a prompt: a tool, a system text or a piece of a message, in the order in which the API puts them together.
struct PromptBlock {
  uint64_t prefix = 0;  // hash of the prompt up to here, without its marks
  int64_t tokens = 0;   // of the prompt up to here
  CacheMark mark = CacheMark::kNone;
};

// The blocks of a request's params. A cache_control of the whole request marks the last one.
std::vector<PromptBlock> prompt_blocks(const json::Value& params);

// What the API says to the cache_control of the params; empty if it takes them: of a known type and time, four at most,
// and none for an hour behind one for five minutes.
std::string cache_control_problem(const json::Value& params);

}  // namespace br::emulator

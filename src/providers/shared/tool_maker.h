// Whose form a tool has that is no function: one vendor's own tools, such as a web search, are unknown to another.
#pragma once

#include <cstdint>
#include <string_view>

namespace br {

enum class ToolMaker : std::uint8_t {
  unknown,
  openai,     // a known type: web_search, code_interpreter, …, of OpenAI and those who took its form over
  anthropic,  // a type with a date: web_search_20250305
  google,     // an object of a known name: {"googleSearch":{}}
  bedrock,    // {"toolSpec":…}
};

// tool: a JSON object.
ToolMaker tool_maker(std::string_view tool);
// "OpenAI", for messages.
std::string_view tool_maker_name(ToolMaker maker);

}  // namespace br

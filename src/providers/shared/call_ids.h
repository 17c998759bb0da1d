// The ids of tool calls as vendors take them: one that a vendor would refuse is replaced, always by the same one, so that
// a call and its result stay together.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace br {

enum class CallIds : std::uint8_t {
  any,
  words,         // Anthropic: ^[a-zA-Z0-9_-]{1,64}$
  nine_letters,  // Mistral: ^[a-zA-Z0-9]{9}$; "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9"
};

// Appends the id, a JSON string token, with its quotes.
void append_call_id(CallIds rule, std::string_view id_json, std::string* out);

}  // namespace br

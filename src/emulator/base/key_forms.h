#pragma once

#include <string>
#include <string_view>

namespace br::emulator {

// A client's key as careless programs repeat it: "plain", "percent" (each byte but letters and digits is escaped) or
// "base64".
std::string key_in_form(std::string_view key, std::string_view form);

// Puts the key in place of {key}, {key:percent} and {key:base64}.
std::string with_key(std::string text, std::string_view key);

}  // namespace br::emulator

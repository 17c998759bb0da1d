// Small readings that all providers share: times, words, answers.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "codec/json_read.h"
#include "providers/provider.h"

namespace br {

// What stands between the quotes of a JSON string token, still escaped.
inline std::string_view inside(std::string_view token) {
  return token.size() < 2 ? std::string_view() : token.substr(1, token.size() - 2);
}

std::string lower_case(std::string_view text);

// Seconds since 1970 as a number or as text, or ISO 8601, in milliseconds; -1 when absent.
std::int64_t read_time(const Json& value);
// The first of the fields that holds a time.
std::int64_t first_time(const Json& json, std::initializer_list<std::string_view> names);

// The answer's JSON object or array; the vendor's error when it is none of 2xx. `what` names the call for messages.
Result<std::shared_ptr<const Json>> read_object(std::string_view provider, std::string_view what,
                                                const HttpResponse& response);

Step send_step(HttpRequest request);

// Appends JSON as one line; the line breaks of a pretty-printed answer become blanks.
void append_line(std::string_view json, std::string* lines);

}  // namespace br

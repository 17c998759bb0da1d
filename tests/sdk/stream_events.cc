// The events of src/capture/stream for an answer on standard input, for tests that read them with the vendors' SDKs.
// usage: stream_events FORM events [include_usage] [usage_with_finish] [whole_tool_calls] | FORM error HTTP_STATUS
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "capture/stream/stream.h"

namespace {

std::optional<br::StreamForm> form_named(const std::string& name) {
  static constexpr const char* kNames[] = {"openai_chat",        "openai_responses", "openai_completions",
                                           "anthropic_messages", "gemini_sse",       "gemini_array"};
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (name == kNames[i]) return static_cast<br::StreamForm>(i);
  }
  return std::nullopt;
}

}  // namespace

int main(int count, char** words) {
  const auto form = count > 2 ? form_named(words[1]) : std::nullopt;
  const std::string what = count > 2 ? words[2] : "";
  if (!form.has_value() || (what != "events" && (what != "error" || count != 4))) {
    std::cerr << "usage: stream_events FORM events [WISH]... | FORM error HTTP_STATUS\n";
    return 2;
  }
  const std::string body{std::istreambuf_iterator<char>(std::cin), {}};
  if (what == "error") {
    std::cout << br::stream_error(*form, std::atoi(words[3]), body);
    return 0;
  }
  br::StreamWishes wishes;
  for (int i = 3; i < count; ++i) {
    if (std::strcmp(words[i], "include_usage") == 0) wishes.include_usage = true;
    if (std::strcmp(words[i], "usage_with_finish") == 0) wishes.usage_with_finish = true;
    if (std::strcmp(words[i], "whole_tool_calls") == 0) wishes.whole_tool_calls = true;
  }
  std::cout << br::stream_events(*form, body, wishes);
}

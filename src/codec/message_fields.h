// The fields that a message may have.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "codec/message_reader.h"

namespace br {

// In the order of kMessageFields. Ordinary messages have the first two.
enum MessageField : std::size_t {
  kMessageRole, kMessageContent, kMessageName, kMessageToolCalls, kMessageToolCallId, kMessageThinking,
  kMessageReasoning, kMessageReasoningContent, kMessageExtra, kMessageCache, kMessageIsError, kMessageRefusal,
  kMessageAnnotations, kMessageAudio, kMessageFunctionCall, kMessageKwargs
};
inline constexpr std::array<std::string_view, 16> kMessageFields = {
    "role",          "content",       "name",      "tool_calls", "tool_call_id", "thinking_blocks",
    "reasoning",     "reasoning_content", "extra_content", "cache_control", "is_error", "refusal",
    "annotations",   "audio",         "function_call", "provider_kwargs"};
inline constexpr std::size_t kNamedMessageFields = 6;  // those that messages about unknown fields name

struct MessageReader::Extras {
  std::array<std::string_view, kMessageFields.size()> values;  // empty: not given, or null
  std::string_view operator[](MessageField field) const { return values[field]; }
  bool null_content = false;
};

}  // namespace br

// CaptureRules: how ordinary calls to a vendor become requests of its batches: what is said by headers there, and in
// which form it answers. Which paths they are, its Capability says. Data; src/capture does the work.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace br {

// The vendor's own shape of answers, errors above all.
enum class AnswerForm : std::uint8_t { openai, anthropic, gemini };

// A header that holds for a whole batch, and the setting of the provider that stands for it.
struct BatchHeader {
  std::string_view name;  // lower case
  std::string_view setting;
};

struct CaptureRules {
  AnswerForm form = AnswerForm::openai;
  std::string_view key_header;     // where the key stands, lower case, beside "authorization: Bearer"
  std::string_view key_parameter;  // of the query, where the key may stand too
  std::span<const BatchHeader> headers;
};

}  // namespace br

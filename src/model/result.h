// Row: what a provider reads from one native result line. Slices of that line; nothing is copied.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace br {

enum class ResultStatus : std::uint8_t { succeeded = 1, errored = 2, cancelled = 3, expired = 4 };

const char* result_status_name(ResultStatus status);

struct Usage {
  // input_tokens holds what was read from a cache and what was written to one, to be kept for 5 minutes or an hour.
  std::int64_t input_tokens = -1, output_tokens = -1, cached_input_tokens = -1, reasoning_tokens = -1;
  std::int64_t cache_write_5m_tokens = -1, cache_write_1h_tokens = -1;
  bool any() const { return input_tokens >= 0 || output_tokens >= 0; }
};

// All ..._json are checked JSON tokens of the line, or empty when the vendor gave none.
struct Row {
  std::string_view custom_id;       // unescaped
  std::string_view custom_id_json;  // the JSON string
  ResultStatus status = ResultStatus::errored;
  int http_status = 0;
  std::string_view text_json;           // a JSON string
  std::string_view finish_reason_json;  // a JSON string
  std::string_view model_json;          // a JSON string
  std::string_view tool_calls_json;     // an array
  std::string_view reasoning_text_json;
  std::string_view refusal_json;
  std::string_view choices_json;  // an array, where the vendor gave more than one choice; the first is what stands above
  std::string_view thinking_blocks_json;  // an array: what a second turn gives back of the vendor's reasoning
  std::string_view text_signature_json;   // Gemini's, of the answer's text
  Usage usage;
  std::string_view response_json;  // the vendor's response object (OpenAI: response.body), untouched
  // The error, when status is not succeeded.
  std::string_view error_message_json;  // a JSON string
  std::string_view error_type_json;     // a JSON string
  std::string_view error_code_json;     // a JSON string or number
  bool transient = false;
  bool bare = false;  // nothing in it says what became of the request: neither an answer nor an error has a field
  bool anonymous = false;      // it says what became of a request, and not of which: it has no id
  std::int64_t position = -1;  // instead of an id: which request of the batch it answers, from 0, where that is allowed
};

}  // namespace br

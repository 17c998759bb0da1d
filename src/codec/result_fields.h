// Single fields of a line of the unified result format, as append_result_line writes it: the line is read once, from
// the front, no further than the field that is asked for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "codec/json_cursor.h"
#include "model/result.h"

namespace br {

enum class ResultField : std::uint8_t {
  custom_id, status, text, finish_reason, usage, tool_calls, model, job_id, batch_id, response, error
};
inline constexpr std::size_t kResultFields = 11;

class ResultFields {
 public:
  // kJsonPadding bytes behind the line must be readable, and stay where they are.
  explicit ResultFields(std::string_view line) : cursor_(line.data(), line.size()) {}

  // The value's own JSON text; empty where the line has no such field, or is damaged before it.
  std::string_view token(ResultField field);
  ResultStatus status();
  // A field of the object that a token is, such as "message" of the error. Empty where there is none.
  static std::string_view member(std::string_view object, std::string_view name);

 private:
  JsonCursor cursor_;
  std::array<std::string_view, kResultFields> tokens_{};
  bool entered_ = false, ended_ = false;
};

// A whole number that a token is; nullopt where it is none.
std::optional<std::int64_t> token_integer(std::string_view token);

}  // namespace br

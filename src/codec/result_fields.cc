#include "codec/result_fields.h"

#include <charconv>

namespace br {
namespace {

constexpr std::array<std::string_view, kResultFields> kNames = {
    "\"custom_id\"", "\"status\"", "\"text\"",   "\"finish_reason\"", "\"usage\"", "\"tool_calls\"",
    "\"model\"",     "\"job_id\"", "\"batch_id\"", "\"response\"",    "\"error\""};

}  // namespace

std::string_view ResultFields::token(ResultField field) {
  const auto wanted = static_cast<std::size_t>(field);
  if (!entered_) {
    entered_ = true;
    ended_ = !cursor_.enter_object();
  }
  std::string_view key;
  while (tokens_[wanted].empty() && !ended_) {
    std::string_view value;
    ended_ = !cursor_.next_key(&key) || !cursor_.skip(&value);
    for (std::size_t i = 0; !ended_ && i < kNames.size(); ++i) {
      if (key != kNames[i]) continue;
      tokens_[i] = value;
      break;
    }
  }
  return tokens_[wanted];
}

ResultStatus ResultFields::status() {
  const std::string_view word = token(ResultField::status);
  if (word == "\"succeeded\"") return ResultStatus::succeeded;
  if (word == "\"cancelled\"") return ResultStatus::cancelled;
  return word == "\"expired\"" ? ResultStatus::expired : ResultStatus::errored;
}

std::string_view ResultFields::member(std::string_view object, std::string_view name) {
  if (object.empty() || object.front() != '{') return {};
  JsonCursor cursor(object.data(), object.size());
  std::string_view key, value;
  if (!cursor.enter_object()) return {};
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (key.substr(1, key.size() - 2) == name) return value;
  }
  return {};
}

std::optional<std::int64_t> token_integer(std::string_view token) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(token.data(), token.data() + token.size(), number);
  if (token.empty() || code != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return number;
}

}  // namespace br

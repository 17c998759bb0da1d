#include "core/requests/request_tokens.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "core/requests/sent_marks.h"
#include "providers/shared/body_writer.h"

namespace br {
namespace {

constexpr std::int64_t kBytesPerToken = 4;
constexpr double kMostTokens = 1e9;  // whatever a request says

// What a vendor's request lets its answers cost.
struct Answers {
  std::int64_t tokens = -1;  // the most that one may have; -1: it does not say
  std::int64_t count = 1;
};

std::int64_t whole_number(std::string_view token) {
  double value = 0;
  if (std::from_chars(token.data(), token.data() + token.size(), value).ec != std::errc()) return -1;
  return static_cast<std::int64_t>(std::clamp(value, -1.0, kMostTokens));
}

// Looks into the objects that vendors have requests and limits in.
void look_for_limits(std::string_view object, Answers* answers) {
  static constexpr std::array<std::string_view, 9> kLimits = {
      "max_tokens",     "max_completion_tokens", "max_output_tokens",    "maxOutputTokens", "maxTokens",
      "max_new_tokens", "maxTokenCount",         "max_tokens_to_sample", "max_gen_len"};
  static constexpr std::array<std::string_view, 3> kCounts = {"n", "candidateCount", "candidate_count"};
  static constexpr std::array<std::string_view, 8> kObjects = {"body",
                                                               "params",
                                                               "request",
                                                               "modelInput",
                                                               "generationConfig",
                                                               "generation_config",
                                                               "inferenceConfig",
                                                               "textGenerationConfig"};
  JsonCursor cursor(object.data(), object.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    const auto is = [key](std::string_view name) { return same_key(key, name); };
    if (std::any_of(kLimits.begin(), kLimits.end(), is))
      answers->tokens = std::max(answers->tokens, whole_number(value));
    else if (std::any_of(kCounts.begin(), kCounts.end(), is))
      answers->count = std::max(answers->count, whole_number(value));
    else if (value.starts_with('{') && std::any_of(kObjects.begin(), kObjects.end(), is))
      look_for_limits(value, answers);
  }
}

// Its line may say more than generation_config does: fields of the vendor's own, or room for thinking.
bool says_more(const Request& request) {
  return !request.body_json.empty() || !request.provider_kwargs_json.empty() || !request.reasoning_json.empty();
}

bool has_marks(const Request& request) {
  const auto marked = [](const auto& each) { return !each.cache_json.empty(); };
  const auto has_fields = [](const Message& message) { return !message.kwargs_json.empty(); };
  return says_more(request) || !request.tools_json.empty() ||
         std::any_of(request.parts.begin(), request.parts.end(), marked) ||
         std::any_of(request.system.begin(), request.system.end(), marked) ||
         std::any_of(request.messages.begin(), request.messages.end(), has_fields);
}

std::int64_t text_bytes(const Request& request) {
  std::size_t bytes = request.input_json.size() + request.tools_json.size() + request.response_format_json.size() +
                      request.body_json.size() + request.provider_kwargs_json.size();
  for (const Part& part : request.parts) {
    bytes += part.text_json.size();
    const bool is_text = part.kind == PartKind::tool_call || part.kind == PartKind::thinking;
    if (is_text) bytes += part.data_json.size() + part.name_json.size();
  }
  for (const SystemText& text : request.system) bytes += text.text_json.size();
  for (const Message& message : request.messages) bytes += message.kwargs_json.size() + message.reasoning_json.size();
  return static_cast<std::int64_t>(bytes);
}

std::int64_t media_of(const Request& request) {
  return std::count_if(request.parts.begin(), request.parts.end(), [](const Part& part) {
    return part.kind == PartKind::image || part.kind == PartKind::document || part.kind == PartKind::audio;
  });
}

}  // namespace

TokenSums estimate_of(const Request& request, std::string_view native, std::int64_t default_max_tokens) {
  Answers answers;
  SentMarks marks;
  if (has_marks(request)) {
    std::string line;
    std::string_view sent = request.body_json;
    if (sent.empty()) {
      line.append(native).append(kJsonPadding, ' ');
      sent = std::string_view(line).substr(0, native.size());
    }
    marks = marks_of(sent);
    if (says_more(request)) look_for_limits(sent, &answers);
  }
  Usage usage;
  usage.input_tokens = text_bytes(request) / kBytesPerToken + 1;
  if (marks.caches_for_an_hour)
    usage.cache_write_1h_tokens = usage.input_tokens;
  else if (marks.caches)
    usage.cache_write_5m_tokens = usage.input_tokens;
  if (request.input_json.empty()) {
    if (answers.tokens < 0) answers.tokens = whole_number(request.generation.max_tokens);
    if (answers.tokens < 0) answers.tokens = default_max_tokens;
    usage.output_tokens = answers.tokens * answers.count;
  }
  TokenSums tokens;
  tokens.add(usage);
  tokens.media = std::max(media_of(request), marks.media);
  return tokens;
}

}  // namespace br

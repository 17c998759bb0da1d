#include "codec/result_line.h"

#include <algorithm>

#include "codec/json_write.h"

namespace br {
namespace {

void append_token(std::string_view key, std::string_view token, std::string* out) {
  out->append(key);
  out->append(token.empty() ? std::string_view("null") : token);
}

// A text, also where the vendor has numbers.
void append_code(std::string_view token, std::string* out) {
  if (token.empty() || token.front() == '"') return append_token(",\"code\":", token, out);
  out->append(",\"code\":\"").append(token).push_back('"');
}

void append_usage(const Usage& usage, std::string* out) {
  if (!usage.any()) {
    out->append(",\"usage\":null");
    return;
  }
  const auto append = [out](std::string_view key, std::int64_t tokens) {
    out->append(key);
    append_json_int(std::max<std::int64_t>(0, tokens), out);
  };
  append(",\"usage\":{\"input_tokens\":", usage.input_tokens);
  append(",\"output_tokens\":", usage.output_tokens);
  append(",\"cached_input_tokens\":", usage.cached_input_tokens);
  append(",\"reasoning_tokens\":", usage.reasoning_tokens);
  // As Anthropic names them, and only where a cache was written.
  const std::int64_t for_an_hour = std::max<std::int64_t>(0, usage.cache_write_1h_tokens);
  const std::int64_t written = for_an_hour + std::max<std::int64_t>(0, usage.cache_write_5m_tokens);
  if (written > 0) append(",\"cache_creation_input_tokens\":", written);
  if (for_an_hour > 0) append(",\"cache_creation_1h_input_tokens\":", for_an_hour);
  out->push_back('}');
}

void append_head(std::string_view custom_id_json, ResultStatus status, std::string* out) {
  out->append("{\"custom_id\":").append(custom_id_json);
  out->append(",\"status\":\"").append(result_status_name(status)).push_back('"');
}

void append_error_tail(int http_status, bool transient, std::string* out) {
  out->append(",\"http_status\":");
  append_json_int(http_status, out);
  out->append(transient ? ",\"transient\":true}" : ",\"transient\":false}");
}

}  // namespace

ResultContext::ResultContext(std::string_view provider, std::string_view job_id, std::string_view batch_id) {
  fields_.append(",\"provider\":");
  append_json_string(provider, &fields_);
  fields_.append(",\"job_id\":");
  append_json_string(job_id, &fields_);
  fields_.append(",\"batch_id\":");
  append_json_string(batch_id, &fields_);
}

bool is_success_line(std::string_view line) {
  // The status is the field behind custom_id, in whose JSON string no bare quote can stand.
  constexpr std::string_view kField = ",\"status\":\"", kWord = "succeeded\"";
  const std::size_t at = line.find(kField);
  return at != std::string_view::npos && line.substr(at + kField.size(), kWord.size()) == kWord;
}

void append_result_line(const Row& row, const ResultContext& context, std::string* out) {
  append_head(row.custom_id_json, row.status, out);
  append_token(",\"text\":", row.text_json, out);
  append_token(",\"finish_reason\":", row.finish_reason_json, out);
  append_usage(row.usage, out);
  if (!row.tool_calls_json.empty()) append_token(",\"tool_calls\":", row.tool_calls_json, out);
  if (!row.reasoning_text_json.empty()) append_token(",\"reasoning\":", row.reasoning_text_json, out);
  if (!row.thinking_blocks_json.empty()) append_token(",\"thinking_blocks\":", row.thinking_blocks_json, out);
  if (!row.text_signature_json.empty()) {
    append_token(",\"extra_content\":{\"google\":{\"thought_signature\":", row.text_signature_json, out);
    out->append("}}");
  }
  if (!row.refusal_json.empty()) append_token(",\"refusal\":", row.refusal_json, out);
  if (!row.choices_json.empty()) append_token(",\"choices\":", row.choices_json, out);
  append_token(",\"model\":", row.model_json, out);
  out->append(context.fields());
  append_token(",\"response\":", row.response_json, out);
  if (row.status == ResultStatus::succeeded) {
    out->append(",\"error\":null}");
    return;
  }
  append_token(",\"error\":{\"type\":", row.error_type_json, out);
  append_code(row.error_code_json, out);
  append_token(",\"message\":", row.error_message_json, out);
  append_error_tail(row.http_status, row.transient, out);
  out->push_back('}');
}

void append_synthetic_line(std::string_view custom_id_json, const SyntheticError& error, const ResultContext& context,
                           std::string* out) {
  append_head(custom_id_json, error.status, out);
  out->append(",\"text\":null,\"finish_reason\":null,\"usage\":null,\"model\":null");
  out->append(context.fields());
  out->append(",\"response\":null,\"error\":{\"type\":");
  append_json_string(error.type, out);
  out->append(",\"code\":");
  append_json_string(error.code, out);
  out->append(",\"message\":");
  append_json_string(error.message, out);
  append_error_tail(error.http_status, error.transient, out);
  out->push_back('}');
}

}  // namespace br

#include "emulator/openai_body.h"

#include <algorithm>
#include <initializer_list>
#include <span>

namespace br::emulator {
namespace {

// The JSON types that a parameter may have, as bits.
enum Type : unsigned { kString = 1, kNumber = 2, kInteger = 4, kBoolean = 8, kArray = 16, kObject = 32, kNull = 64 };

struct Parameter {
  std::string_view name;
  unsigned types;
  double least = 0;
  double most = 0;  // least == most: no range
};

// From the request schemas of the vendor's OpenAPI file; null is taken where the schema says nullable.
constexpr Parameter kChat[] = {
    {"model", kString},
    {"messages", kArray},
    {"audio", kObject | kNull},
    {"frequency_penalty", kNumber | kNull, -2, 2},
    {"function_call", kString | kObject},
    {"functions", kArray},
    {"logit_bias", kObject | kNull},
    {"logprobs", kBoolean | kNull},
    {"max_completion_tokens", kInteger | kNull, 1, 1e9},
    {"max_tokens", kInteger | kNull, 1, 1e9},
    {"metadata", kObject | kNull},
    {"modalities", kArray | kNull},
    {"moderation", kObject | kNull},
    {"n", kInteger | kNull, 1, 128},
    {"parallel_tool_calls", kBoolean},
    {"prediction", kObject | kNull},
    {"presence_penalty", kNumber | kNull, -2, 2},
    {"prompt_cache_key", kString | kNull},
    {"prompt_cache_options", kObject},
    {"prompt_cache_retention", kString | kNull},
    {"reasoning_effort", kString | kNull},
    {"response_format", kObject},
    {"safety_identifier", kString | kNull},
    {"seed", kInteger | kNull},
    {"service_tier", kString | kNull},
    {"stop", kString | kArray | kNull},
    {"store", kBoolean | kNull},
    {"stream", kBoolean | kNull},
    {"stream_options", kObject | kNull},
    {"temperature", kNumber | kNull, 0, 2},
    {"tool_choice", kString | kObject},
    {"tools", kArray},
    {"top_logprobs", kInteger | kNull, 0, 20},
    {"top_p", kNumber | kNull, 0, 1},
    {"user", kString},
    {"verbosity", kString | kNull},
    {"web_search_options", kObject},
};

constexpr Parameter kResponses[] = {
    {"model", kString},
    {"input", kString | kArray | kNull},
    {"background", kBoolean | kNull},
    {"context_management", kArray | kNull},
    {"conversation", kString | kObject | kNull},
    {"include", kArray | kNull},
    {"instructions", kString | kNull},
    {"max_output_tokens", kInteger | kNull, 16, 1e9},
    {"max_tool_calls", kInteger | kNull},
    {"metadata", kObject | kNull},
    {"moderation", kObject | kNull},
    {"parallel_tool_calls", kBoolean | kNull},
    {"previous_response_id", kString | kNull},
    {"prompt", kObject | kNull},
    {"prompt_cache_key", kString | kNull},
    {"prompt_cache_options", kObject},
    {"prompt_cache_retention", kString | kNull},
    {"reasoning", kObject | kNull},
    {"safety_identifier", kString | kNull},
    {"service_tier", kString | kNull},
    {"store", kBoolean | kNull},
    {"stream", kBoolean | kNull},
    {"stream_options", kObject | kNull},
    {"temperature", kNumber | kNull, 0, 2},
    {"text", kObject},
    {"tool_choice", kString | kObject},
    {"tools", kArray},
    {"top_logprobs", kInteger | kNull, 0, 20},
    {"top_p", kNumber | kNull, 0, 1},
    {"truncation", kString | kNull},
    {"user", kString},
};

constexpr Parameter kEmbeddings[] = {
    {"model", kString},           {"input", kString | kArray}, {"dimensions", kInteger, 1, 1e6},
    {"encoding_format", kString}, {"user", kString},
};

std::span<const Parameter> parameters_of(std::string_view endpoint) {
  if (endpoint == "/v1/chat/completions") return kChat;
  if (endpoint == "/v1/responses") return kResponses;
  if (endpoint == "/v1/embeddings") return kEmbeddings;
  return {};
}

bool has_type(const json::Value& value, unsigned types) {
  return (value.IsString() && (types & kString) != 0) || (value.IsNumber() && (types & kNumber) != 0) ||
         ((value.IsInt64() || value.IsUint64()) && (types & kInteger) != 0) ||
         (value.IsBool() && (types & kBoolean) != 0) || (value.IsArray() && (types & kArray) != 0) ||
         (value.IsObject() && (types & kObject) != 0) || (value.IsNull() && (types & kNull) != 0);
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

BodyProblem parameter_problem(std::span<const Parameter> known, std::string_view name, const json::Value& value) {
  const std::string param(name);
  const auto at = std::find_if(known.begin(), known.end(), [&](const Parameter& each) { return each.name == name; });
  if (at == known.end()) return {"Unknown parameter: " + quoted(name) + ".", param, "unknown_parameter"};
  if (!has_type(value, at->types)) return {"Invalid type for " + quoted(name) + ".", param, "invalid_type"};
  if (!value.IsNumber() || at->least == at->most) return {};
  const double number = value.GetDouble();
  if (number < at->least) {
    return {"Invalid " + quoted(name) + ": integer or decimal below minimum value.", param, "decimal_below_min_value"};
  }
  if (number > at->most) {
    return {"Invalid " + quoted(name) + ": integer or decimal above maximum value.", param, "decimal_above_max_value"};
  }
  return {};
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> allowed) {
  return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
}

BodyProblem content_problem(const json::Value& content, const std::string& param) {
  if (content.IsString()) return {};
  if (!content.IsArray()) {
    return {"Invalid type for " + quoted(param) + ": expected a string or an array.", param, "invalid_type"};
  }
  if (content.Empty()) return {"Invalid " + quoted(param) + ": empty array.", param, "empty_array"};
  for (rapidjson::SizeType i = 0; i < content.Size(); ++i) {
    const std::string place = param + "[" + std::to_string(i) + "]";
    const std::string_view type = json::string_member(content[i], "type");
    if (type.empty()) {
      return {"Missing required parameter: " + quoted(place + ".type") + ".", place, "missing_required_parameter"};
    }
    if (!is_one_of(type, {"text", "image_url", "input_audio", "file", "refusal"})) {
      return {"Invalid value: " + quoted(type) + ".", place + ".type", "invalid_value"};
    }
    const json::Value* const part = json::member(content[i], type);
    if (part == nullptr || part->IsString() != (type == "text" || type == "refusal")) {
      const std::string field = place + "." + std::string(type);
      return {"Missing or invalid parameter: " + quoted(field) + ".", field, "missing_required_parameter"};
    }
  }
  return {};
}

BodyProblem message_problem(const json::Value& message, const std::string& param) {
  if (!message.IsObject())
    return {"Invalid type for " + quoted(param) + ": expected an object.", param, "invalid_type"};
  const std::string_view role = json::string_member(message, "role");
  if (!is_one_of(role, {"system", "developer", "user", "assistant", "tool", "function"})) {
    return {"Invalid value: " + quoted(role) +
                ". Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
            param + ".role", "invalid_value"};
  }
  const json::Value* const content = json::member(message, "content");
  if (content == nullptr || content->IsNull()) {
    const bool may_lack = role == "assistant" && (json::member(message, "tool_calls") != nullptr ||
                                                  json::member(message, "function_call") != nullptr);
    if (may_lack) return {};
    return {"Invalid value for 'content': expected a string, got null.", param + ".content", {}};
  }
  return content_problem(*content, param + ".content");
}

BodyProblem chat_problem(const json::Value& body) {
  const json::Value* const messages = json::member(body, "messages");
  if (messages == nullptr) {
    return {"Missing required parameter: 'messages'.", "messages", "missing_required_parameter"};
  }
  if (messages->Empty()) {
    return {"Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "messages", "empty_array"};
  }
  for (rapidjson::SizeType i = 0; i < messages->Size(); ++i) {
    BodyProblem problem = message_problem((*messages)[i], "messages[" + std::to_string(i) + "]");
    if (!problem.message.empty()) return problem;
  }
  const json::Value* const stop = json::member(body, "stop");
  if (stop != nullptr && stop->IsArray() && stop->Size() > 4) {
    return {"Invalid 'stop': array too long. Expected an array with maximum length 4.", "stop",
            "array_above_max_length"};
  }
  return {};
}

BodyProblem input_problem(const json::Value& body) {
  const json::Value* const input = json::member(body, "input");
  const bool empty = input != nullptr &&
                     ((input->IsArray() && input->Empty()) || (input->IsString() && input->GetStringLength() == 0));
  if (input == nullptr || input->IsNull()) {
    return {"Missing required parameter: 'input'.", "input", "missing_required_parameter"};
  }
  if (empty) return {"Invalid 'input': it is empty.", "input", "empty_array"};
  return {};
}

}  // namespace

BodyProblem body_problem(std::string_view endpoint, const json::Value& body) {
  const std::span<const Parameter> known = parameters_of(endpoint);
  if (known.empty()) return {};
  for (const auto& field : body.GetObject()) {
    BodyProblem problem = parameter_problem(known, json::view(field.name), field.value);
    if (!problem.message.empty()) return problem;
  }
  return endpoint == "/v1/chat/completions" ? chat_problem(body) : input_problem(body);
}

}  // namespace br::emulator

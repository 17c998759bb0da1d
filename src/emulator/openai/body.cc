#include "emulator/openai/body.h"

#include <algorithm>
#include <span>

#include "emulator/base/parameters.h"
#include "emulator/base/words.h"
#include "emulator/openai/conversation.h"
#include "emulator/openai/reasoning.h"

namespace br::emulator {
namespace {

constexpr rapidjson::SizeType kMostInputs = 2048;  // of a request for embeddings

// From the request schemas of the vendor's OpenAPI file; null is taken where the schema says nullable.
constexpr Parameter kChatParameters[] = {
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
  if (endpoint == "/v1/chat/completions") return kChatParameters;
  if (endpoint == "/v1/responses") return kResponses;
  if (endpoint == "/v1/embeddings") return kEmbeddings;
  return {};
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

BodyProblem parameter_problem(const Parameter* known, std::string_view name, const json::Value& value) {
  const std::string param(name);
  switch (misfit(known, value)) {
    case Misfit::kNone:
      return {};
    case Misfit::kUnknown:
      return {"Unknown parameter: " + quoted(name) + ".", param, "unknown_parameter"};
    case Misfit::kType:
      return {"Invalid type for " + quoted(name) + ".", param, "invalid_type"};
    case Misfit::kBelow:
      return {"Invalid " + quoted(name) + ": integer or decimal below minimum value.", param,
              "decimal_below_min_value"};
    case Misfit::kAbove:
      break;
  }
  return {"Invalid " + quoted(name) + ": integer or decimal above maximum value.", param, "decimal_above_max_value"};
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

BodyProblem content_problem(const json::Value& content, const std::string& param, const BodyRules& rules) {
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
    if (contains(rules.more_parts, type)) continue;
    if (!is_one_of(type, {"text", "image_url", "input_audio", "file", "refusal"})) {
      return {"Invalid value: " + quoted(type) + ".", place + ".type", "invalid_value"};
    }
    const json::Value* const part = json::member(content[i], type);
    if (part == nullptr || part->IsString() != (type == "text" || type == "refusal")) {
      const std::string field = place + "." + std::string(type);
      return {"Missing or invalid parameter: " + quoted(field) + ".", field, "missing_required_parameter"};
    }
    BodyProblem problem = type == "image_url" ? image_problem(*part, place) : BodyProblem();
    if (!problem.message.empty()) return problem;
  }
  return {};
}

BodyProblem message_problem(const json::Value& message, const std::string& param, const BodyRules& rules) {
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
  return content_problem(*content, param + ".content", rules);
}

BodyProblem chat_problem(const json::Value& body, const BodyRules& rules) {
  const json::Value* const messages = json::member(body, "messages");
  if (messages == nullptr) {
    return {"Missing required parameter: 'messages'.", "messages", "missing_required_parameter"};
  }
  if (messages->Empty()) {
    return {"Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "messages", "empty_array"};
  }
  for (rapidjson::SizeType i = 0; i < messages->Size(); ++i) {
    BodyProblem problem = message_problem((*messages)[i], "messages[" + std::to_string(i) + "]", rules);
    if (!problem.message.empty()) return problem;
  }
  const json::Value* const stop = json::member(body, "stop");
  if (stop != nullptr && stop->IsArray() && stop->Size() > 4) {
    return {"Invalid 'stop': array too long. Expected an array with maximum length 4.", "stop",
            "array_above_max_length"};
  }
  return tool_history_problem(*messages);
}

BodyProblem input_problem(std::string_view endpoint, const json::Value& body) {
  const json::Value* const input = json::member(body, "input");
  const bool empty = input != nullptr &&
                     ((input->IsArray() && input->Empty()) || (input->IsString() && input->GetStringLength() == 0));
  if (input == nullptr || input->IsNull()) {
    return {"Missing required parameter: 'input'.", "input", "missing_required_parameter"};
  }
  if (empty) return {"Invalid 'input': it is empty.", "input", "empty_array"};
  if (endpoint == "/v1/embeddings" && input->IsArray() && input->Size() > kMostInputs) {
    return {"Invalid 'input': array too long. Expected an array with maximum length 2048, but got an array with length " +
                std::to_string(input->Size()) + " instead.",
            "input", "array_above_max_length"};
  }
  return {};
}

}  // namespace

BodyProblem body_problem(std::string_view endpoint, const json::Value& body, const BodyRules& rules) {
  const std::span<const Parameter> known = parameters_of(endpoint);
  if (known.empty()) return {};
  for (const auto& field : body.GetObject()) {
    const std::string_view name = json::view(field.name);
    if (contains(rules.more, name)) continue;
    const Parameter* const parameter = contains(rules.unknown, name) ? nullptr : find_parameter(known, name);
    BodyProblem problem = parameter_problem(parameter, name, field.value);
    if (!problem.message.empty()) return problem;
  }
  const json::Value* const temperature = json::member(body, "temperature");
  if (temperature != nullptr && temperature->IsNumber() && temperature->GetDouble() > rules.most_temperature) {
    return {"Invalid 'temperature': decimal above maximum value.", "temperature", "decimal_above_max_value"};
  }
  BodyProblem schemas;
  schemas.message = body_schema_problem(rules.schemas, body, &schemas.param);
  if (!schemas.message.empty()) return schemas;
  BodyProblem effort = effort_problem(body);
  if (!effort.message.empty()) return effort;
  BodyProblem sampling = reasoning_model_problem(rules.reasoners, endpoint, body);
  if (!sampling.message.empty()) return sampling;
  return endpoint == "/v1/chat/completions" ? chat_problem(body, rules) : input_problem(endpoint, body);
}

}  // namespace br::emulator

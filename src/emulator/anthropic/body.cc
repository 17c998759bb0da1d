#include <algorithm>
#include <string>

#include "emulator/anthropic/rows.h"
#include "emulator/anthropic/schema.h"
#include "emulator/anthropic/thinking.h"
#include "emulator/anthropic/tool_history.h"
#include "emulator/base/base64.h"
#include "emulator/base/hash.h"
#include "emulator/base/parameters.h"
#include "emulator/base/words.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {
namespace {

constexpr int64_t kLeastThinking = 1024;
constexpr size_t kMostToolName = 128;

constexpr Parameter kParams[] = {
    {"model", kString},
    {"messages", kArray},
    {"max_tokens", kInteger, 1, 1e9},
    {"system", kString | kArray},
    {"temperature", kNumber, 0, 1},
    {"top_p", kNumber, 0, 1},
    {"top_k", kInteger, 0, 1e9},
    {"stop_sequences", kArray},
    {"tools", kArray},
    {"tool_choice", kObject},
    {"metadata", kObject},
    {"thinking", kObject},
    {"output_config", kObject},
    {"service_tier", kString},
    {"stream", kBoolean},
    {"cache_control", kObject | kNull},
    {"container", kString | kObject | kNull},
    {"context_management", kObject | kNull},
    {"inference_geo", kString | kNull},
    {"mcp_servers", kArray},
};

std::string field_problem(std::string_view name, const json::Value& value) {
  const std::string place(name);
  const Parameter* const known = find_parameter(kParams, name);
  switch (misfit(known, value)) {
    case Misfit::kNone:
      return {};
    case Misfit::kUnknown:
      return place + ": Extra inputs are not permitted";
    case Misfit::kType:
      return place + ": Input should be of another type";
    case Misfit::kBelow:
      return place + ": Input should be greater than or equal to " + std::to_string(static_cast<int>(known->least));
    case Misfit::kAbove:
      break;
  }
  return place + ": Input should be less than or equal to " + std::to_string(static_cast<int>(known->most));
}

std::string source_problem(const json::Value& block, std::string_view type, const std::string& place) {
  const json::Value* const source = json::member(block, "source");
  if (source == nullptr || !source->IsObject()) return place + ".source: Field required";
  const std::string_view kind = json::string_member(*source, "type");
  const std::string_view media = json::string_member(*source, "media_type");
  if (kind == "base64") {
    const bool fits = type == "image" ? is_one_of(media, {"image/jpeg", "image/png", "image/gif", "image/webp"})
                                      : media == "application/pdf";
    if (!fits) return place + ".source.base64.media_type: Input should be a supported media type";
    const std::string_view data = json::string_member(*source, "data");
    if (data.empty()) return place + ".source.base64.data: Field required";
    return is_base64(data) ? "" : place + ".source.base64: invalid base64 data";
  }
  if (kind == "url")
    return json::string_member(*source, "url").empty() ? place + ".source.url.url: Field required" : "";
  if (kind == "file") {
    return json::string_member(*source, "file_id").empty() ? place + ".source.file.file_id: Field required" : "";
  }
  if (type == "document" && is_one_of(kind, {"text", "content"})) return {};
  return place + ".source: Input tag '" + std::string(kind) + "' does not match any of the expected tags";
}

// The pictures and documents that a tool gave.
std::string parts_problem(const json::Value* parts, const std::string& place) {
  if (parts == nullptr || !parts->IsArray()) return {};
  for (rapidjson::SizeType i = 0; i < parts->Size(); ++i) {
    const std::string_view type = json::string_member((*parts)[i], "type");
    if (type != "image" && type != "document") continue;
    const std::string at = place + "." + std::to_string(i) + "." + std::string(type);
    if (std::string problem = source_problem((*parts)[i], type, at); !problem.empty()) return problem;
  }
  return {};
}

std::string block_problem(const json::Value& block, const std::string& place) {
  const std::string_view type = json::string_member(block, "type");
  if (type == "text") {
    const json::Value* const text = json::member(block, "text");
    if (text == nullptr || !text->IsString()) return place + ".text: Field required";
    return text->GetStringLength() == 0 ? place + ": text content blocks must be non-empty" : "";
  }
  if (type == "image" || type == "document") return source_problem(block, type, place + "." + std::string(type));
  if (type == "tool_use") {
    const json::Value* const input = json::member(block, "input");
    return input == nullptr || !input->IsObject() ? place + ".tool_use.input: Input should be a valid dictionary" : "";
  }
  if (type == "tool_result") return parts_problem(json::member(block, "content"), place + ".tool_result.content");
  if (is_one_of(type, {"thinking", "redacted_thinking", "search_result", "server_tool_use",
                       "web_search_tool_result", "container_upload"})) {
    return {};
  }
  return place + ": Input tag '" + std::string(type) + "' does not match any of the expected tags";
}

std::string messages_problem(const json::Value& messages) {
  if (messages.Empty()) return "messages: at least one message is required";
  for (rapidjson::SizeType i = 0; i < messages.Size(); ++i) {
    const std::string place = "messages." + std::to_string(i);
    const std::string_view role = json::string_member(messages[i], "role");
    if (!is_one_of(role, {"user", "assistant"})) return place + ".role: Input should be 'user' or 'assistant'";
    if (i == 0 && role != "user") return "messages: first message must use the \"user\" role";
    const json::Value* const content = json::member(messages[i], "content");
    if (content == nullptr) return place + ".content: Field required";
    const bool empty = (content->IsString() && content->GetStringLength() == 0) ||
                       (content->IsArray() && content->Empty() && role == "user");
    if (empty) return place + ": user messages must have non-empty content";
    if (content->IsString()) continue;
    if (!content->IsArray()) return place + ".content: Input should be a valid list";
    for (rapidjson::SizeType j = 0; j < content->Size(); ++j) {
      std::string problem = block_problem((*content)[j], place + ".content." + std::to_string(j));
      if (!problem.empty()) return problem;
    }
  }
  return tool_history_problem_of_claude(messages);
}

std::string tools_problem(const json::Value& params) {
  const json::Value* const tools = json::member(params, "tools");
  if (tools == nullptr) return {};
  for (rapidjson::SizeType i = 0; i < tools->Size(); ++i) {
    const json::Value& tool = (*tools)[i];
    const std::string place = "tools." + std::to_string(i);
    const std::string_view name = json::string_member(tool, "name");
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (name.empty() || name.size() > kMostToolName || !plain) {
      return place + ".custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'";
    }
    const std::string_view type = json::string_member(tool, "type");
    const json::Value* const schema = json::member(tool, "input_schema");
    const bool described = schema != nullptr && json::string_member(*schema, "type") == "object";
    if ((type.empty() || type == "custom") && !described) return place + ".custom.input_schema.type: Field required";
    if (!described) continue;
    for (const char* keyword : {"anyOf", "oneOf", "allOf"}) {
      if (json::member(*schema, keyword) != nullptr)
        return place + ".custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level";
    }
    const json::Value* const strict = json::member(tool, "strict");
    if (strict == nullptr || !strict->IsTrue()) continue;
    const std::string problem = claude_schema_problem(*schema);
    if (!problem.empty()) return place + ".custom.input_schema: " + problem;
  }
  return {};
}

std::string choice_problem(const json::Value& params) {
  const json::Value* const choice = json::member(params, "tool_choice");
  if (choice != nullptr && !is_one_of(json::string_member(*choice, "type"), {"auto", "any", "tool", "none"})) {
    return "tool_choice: Input tag does not match any of the expected tags: 'auto', 'any', 'tool', 'none'";
  }
  const json::Value* const metadata = json::member(params, "metadata");
  if (metadata != nullptr) {
    for (const auto& field : metadata->GetObject()) {
      const std::string name(json::view(field.name));
      if (name != "user_id") return "metadata." + name + ": Extra inputs are not permitted";
    }
  }
  const json::Value* const thinking = json::member(params, "thinking");
  if (thinking == nullptr || json::string_member(*thinking, "type") != "enabled") return {};
  const json::Value* const budget = json::member(*thinking, "budget_tokens");
  if (budget == nullptr || !budget->IsInt64() || budget->GetInt64() < kLeastThinking) {
    return "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024";
  }
  const bool fits = budget->GetInt64() < json::member(params, "max_tokens")->GetInt64();
  return fits ? "" : "`max_tokens` must be greater than `thinking.budget_tokens`.";
}

std::string format_problem(const json::Value& params) {
  const json::Value* const config = json::member(params, "output_config");
  const json::Value* const format = config == nullptr ? nullptr : json::member(*config, "format");
  if (format == nullptr || format->IsNull()) return {};
  const json::Value* const schema = json::member(*format, "schema");
  if (json::string_member(*format, "type") != "json_schema" || schema == nullptr) {
    return "output_config.format: Input should be of type json_schema with a schema";
  }
  const std::string problem = claude_schema_problem(*schema);
  return problem.empty() ? problem : "output_config.format.schema: " + problem;
}

}  // namespace

ParamsProblem anthropic_params_problem(const EmulatorOptions& options, const json::Value& params,
                                       std::string_view api_version) {
  ParamsProblem problem;
  for (const auto& field : params.GetObject()) {
    problem.message = field_problem(json::view(field.name), field.value);
    if (!problem.message.empty()) return problem;
  }
  for (const char* name : {"model", "messages", "max_tokens"}) {
    if (json::member(params, name) == nullptr) return {problem.type, std::string(name) + ": Field required"};
  }
  const std::string_view model = json::string_member(params, "model");
  if (!model_is_known(options, model)) return {"not_found_error", "model: " + std::string(model)};
  const json::Value* const stream = json::member(params, "stream");
  if (stream != nullptr && stream->IsTrue()) return {problem.type, "stream: streaming is not supported in batches"};
  problem.message = messages_problem(*json::member(params, "messages"));
  if (problem.message.empty()) problem.message = tools_problem(params);
  if (problem.message.empty()) problem.message = cache_control_problem(params);
  if (problem.message.empty()) problem.message = choice_problem(params);
  if (problem.message.empty()) problem.message = thinking_problem(model, params);
  if (problem.message.empty()) problem.message = format_problem(params);
  if (problem.message.empty()) problem.message = version_problem(params, api_version);
  return problem;
}

namespace {

// The name of the tool that must be used; empty if the answer may be text.
std::string_view wanted_tool(const json::Value& params) {
  const json::Value* const choice = json::member(params, "tool_choice");
  const json::Value* const tools = json::member(params, "tools");
  if (choice == nullptr || tools == nullptr || tools->Empty()) return {};
  const std::string_view type = json::string_member(*choice, "type");
  if (type == "tool") return json::string_member(*choice, "name");
  return type == "any" ? json::string_member((*tools)[0], "name") : std::string_view();
}

bool wants_json(const json::Value& params) {
  const json::Value* const config = json::member(params, "output_config");
  return config != nullptr && json::member(*config, "format") != nullptr;
}

}  // namespace

Tokens anthropic_prompt_tokens(const json::Value& params) {
  const std::vector<PromptBlock> blocks = prompt_blocks(params);
  return {blocks.empty() ? 1 : 1 + blocks.back().tokens};
}

Tokens write_anthropic_message(json::Writer& out, const Question& question, const json::Value& params,
                               const Tokens& prompt) {
  const json::Value& messages = *json::member(params, "messages");
  const std::string text = answer_text(question, messages);
  const std::string_view tool = wanted_tool(params);
  Tokens tokens = prompt;
  tokens.output = tokens_of(messages, text).output;
  const std::string digits = hex(question.hash);
  out.begin_object().field("id", "msg_" + digits).field("type", "message").field("role", "assistant");
  const std::string_view model = question.model.empty() ? json::string_member(params, "model") : question.model;
  out.field("model", model).key("content").begin_array().begin_object();
  if (!tool.empty()) {
    out.field("type", "tool_use").field("id", "toolu_" + digits).field("name", tool);
    out.key("input").begin_object().field("answer", text).end_object();
  } else {
    json::Writer as_json;
    as_json.begin_object().field("answer", text).end_object();
    out.field("type", "text").field("text", wants_json(params) ? as_json.view() : std::string_view(text));
  }
  out.end_object().end_array().field("stop_reason", tool.empty() ? "end_turn" : "tool_use");
  out.null_field("stop_sequence").null_field("stop_details").key("usage").begin_object();
  const int64_t written = tokens.cache_write_5m + tokens.cache_write_1h;
  out.field("input_tokens", tokens.input - written - tokens.cache_read).field("output_tokens", tokens.output);
  out.field("cache_creation_input_tokens", written).field("cache_read_input_tokens", tokens.cache_read);
  out.key("cache_creation").begin_object().field("ephemeral_5m_input_tokens", tokens.cache_write_5m);
  out.field("ephemeral_1h_input_tokens", tokens.cache_write_1h).end_object().field("service_tier", "batch");
  out.end_object().end_object();
  return tokens;
}

}  // namespace br::emulator

#include "emulator/anthropic/thinking.h"

#include <cctype>

namespace br::emulator {
namespace {

// 45 for claude-haiku-4-5-20251001, 50 for claude-opus-5, 37 for claude-3-7-sonnet; 0 for a name without a version.
int version_of(std::string_view model) {
  const size_t begin = model.find("claude-");
  if (begin == std::string_view::npos) return 0;
  int version = 0, digits = 0;
  size_t at = begin;
  while (at < model.size() && digits < 2) {
    const size_t dash = model.find_first_of("-.", at);
    const std::string_view word = model.substr(at, dash == std::string_view::npos ? dash : dash - at);
    const bool number = word.size() == 1 && std::isdigit(static_cast<unsigned char>(word.front())) != 0;
    if (!number && digits > 0) break;
    if (number) version = version * 10 + (word.front() - '0'), ++digits;
    if (dash == std::string_view::npos) break;
    at = dash + 1;
  }
  return digits == 1 ? version * 10 : version;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

double number_of(const json::Value& params, const char* name, double otherwise) {
  const json::Value* const value = json::member(params, name);
  return value != nullptr && value->IsNumber() ? value->GetDouble() : otherwise;
}

std::string effort_problem(std::string_view model, int version, std::string_view effort) {
  if (effort.empty()) return {};
  const bool early = version == 45 && has(model, "opus");
  if (version < 46 && !early) return "This model does not support the effort parameter.";
  const bool lacks = (early && (effort == "xhigh" || effort == "max")) || (version == 46 && effort == "xhigh");
  if (!lacks) return {};
  return "output_config.effort: '" + std::string(effort) + "' is not supported by this model.";
}

std::string type_problem(int version, std::string_view type) {
  if (type == "enabled" && version >= 47)
    return "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and "
           "\"output_config.effort\" to control thinking behavior.";
  if (type == "adaptive" && version < 46) return "adaptive thinking is not supported on this model";
  return {};
}

std::string sampling_problem(int version, bool thinks, const json::Value& params) {
  const bool cold = number_of(params, "temperature", 1) != 1;
  const bool top_k = json::member(params, "top_k") != nullptr;
  if (version >= 47) {
    if (cold) return "`temperature` is not supported for this model.";
    if (top_k) return "`top_k` is not supported for this model.";
    if (number_of(params, "top_p", 1) < 0.99) return "`top_p` is not supported for this model.";
  }
  if (!thinks) return {};
  if (cold) return "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.";
  if (top_k) return "`top_k` must be unset when thinking is enabled.";
  if (number_of(params, "top_p", 1) < 0.95)
    return "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.";
  return {};
}

std::string choice_problem(std::string_view model, int version, bool thinks, const json::Value& params) {
  const json::Value* const choice = json::member(params, "tool_choice");
  const std::string_view type = choice == nullptr ? std::string_view() : json::string_member(*choice, "type");
  if (type != "any" && type != "tool") return {};
  if (version >= 55 && !has(model, "haiku")) return "tool_choice: type \"tool\" and \"any\" are not supported for this model.";
  return thinks ? "Thinking may not be enabled when tool_choice forces tool use." : "";
}

std::string last_message_problem(int version, const json::Value& params) {
  const json::Value* const messages = json::member(params, "messages");
  if (messages == nullptr || !messages->IsArray() || messages->Empty()) return {};
  const json::Value& last = (*messages)[messages->Size() - 1];
  if (json::string_member(last, "role") != "assistant") return {};
  if (version >= 46)
    return "This model does not support assistant message prefill. The conversation must end with a user message.";
  const std::string_view text = json::string_member(last, "content");
  const bool trailing = !text.empty() && is_blank(text.substr(text.size() - 1));
  return trailing ? "messages: final assistant content cannot end with trailing whitespace" : "";
}

// What the version of 2026-10-21 took away, besides settings of sampling.
std::string old_block_problem(const json::Value& message) {
  const json::Value* const content = json::member(message, "content");
  if (content == nullptr || !content->IsArray()) return {};
  const std::string_view role = json::string_member(message, "role");
  for (const json::Value& block : content->GetArray()) {
    const std::string_view type = json::string_member(block, "type");
    if (role == "assistant" && type == "document")
      return "messages: document blocks are not permitted in assistant messages";
    const json::Value* const citations = json::member(block, "citations");
    const bool cites = citations != nullptr && citations->IsArray() && !citations->Empty();
    if (role == "user" && type == "text" && cites) return "messages: citations are not permitted on user text blocks";
  }
  return {};
}

std::string text_problem(const json::Value& params) {
  for (const json::Value& message : json::member(params, "messages")->GetArray()) {
    const json::Value* const content = json::member(message, "content");
    if (content != nullptr && content->IsString() && is_blank(json::view(*content)))
      return "messages: text content blocks must contain non-whitespace text";
    if (content == nullptr || !content->IsArray()) continue;
    for (const json::Value& block : content->GetArray()) {
      if (json::string_member(block, "type") == "text" && is_blank(json::string_member(block, "text")))
        return "messages: text content blocks must contain non-whitespace text";
    }
  }
  const json::Value* const stops = json::member(params, "stop_sequences");
  if (stops == nullptr || !stops->IsArray()) return {};
  for (const json::Value& stop : stops->GetArray()) {
    if (stop.IsString() && is_blank(json::view(stop))) return "stop_sequences: each stop sequence must contain non-whitespace";
  }
  return {};
}

}  // namespace

std::string version_problem(const json::Value& params, std::string_view api_version) {
  if (api_version < "2026-10-21") return {};
  for (const char* name : {"temperature", "top_p", "top_k"}) {
    if (json::member(params, name) != nullptr) return std::string(name) + ": Extra inputs are not permitted";
  }
  for (const json::Value& message : json::member(params, "messages")->GetArray()) {
    if (std::string problem = old_block_problem(message); !problem.empty()) return problem;
  }
  return {};
}

std::string thinking_problem(std::string_view model, const json::Value& params) {
  std::string problem = text_problem(params);
  const int version = version_of(model);
  if (!problem.empty() || version == 0) return problem;
  const json::Value* const config = json::member(params, "output_config");
  const json::Value* const thinking = json::member(params, "thinking");
  const std::string_view type = thinking == nullptr ? std::string_view() : json::string_member(*thinking, "type");
  const bool thinks = type == "enabled" || type == "adaptive";
  problem = effort_problem(model, version, config == nullptr ? std::string_view() : json::string_member(*config, "effort"));
  if (problem.empty()) problem = type_problem(version, type);
  if (problem.empty()) problem = sampling_problem(version, thinks, params);
  if (problem.empty()) problem = choice_problem(model, version, thinks, params);
  if (problem.empty()) problem = last_message_problem(version, params);
  return problem;
}

}  // namespace br::emulator

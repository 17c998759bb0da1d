#include "emulator/openai/conversation.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "emulator/base/base64.h"

namespace br::emulator {
namespace {

// Which efforts models take by the beginning of their names, the longest that fits; what is not here takes any.
// From the vendor's guide to reasoning, 2026-11.
struct ModelEfforts {
  std::string_view model;
  std::vector<std::string_view> efforts;
};

const ModelEfforts* efforts_of(std::string_view model) {
  static const ModelEfforts kTable[] = {
      {"gpt-3.5", {}},
      {"gpt-4", {}},
      {"chatgpt-4o", {}},
      {"o1", {"low", "medium", "high"}},
      {"o1-mini", {}},
      {"o1-preview", {}},
      {"o3", {"low", "medium", "high"}},
      {"o4-mini", {"low", "medium", "high"}},
      {"gpt-5-", {"minimal", "low", "medium", "high"}},
  };
  const ModelEfforts* best = nullptr;
  for (const ModelEfforts& each : kTable) {
    const bool fits = model.substr(0, each.model.size()) == each.model;
    if (fits && (best == nullptr || each.model.size() > best->model.size())) best = &each;
  }
  return best;
}

bool holds(std::span<const std::string_view> list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::string place_of(rapidjson::SizeType message, const char* field) {
  return "messages.[" + std::to_string(message) + "]." + field;
}

BodyProblem calls_without_results(const std::vector<std::string_view>& open, rapidjson::SizeType at) {
  std::string ids;
  for (const std::string_view id : open) ids += (ids.empty() ? "" : ", ") + std::string(id);
  return {"An assistant message with 'tool_calls' must be followed by tool messages responding to each "
          "'tool_call_id'. The following tool_call_ids did not have response messages: " + ids,
          place_of(at, "role"), {}};
}

}  // namespace

BodyProblem image_problem(const json::Value& part, const std::string& place) {
  const std::string_view url = json::string_member(part, "url");
  const std::string param = place + ".image_url.url";
  const auto refused = [&](const char* got) {
    return BodyProblem{"Invalid '" + param +
                           "'. Expected a base64-encoded data URL with an image MIME type (e.g. "
                           "'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got " + got + ".",
                       param, "invalid_value"};
  };
  if (url.substr(0, 7) == "http://" || url.substr(0, 8) == "https://") return {};
  if (url.substr(0, 5) != "data:") return refused("a value without the 'data:' prefix");
  if (url.substr(0, 11) != "data:image/") return refused("unsupported MIME type");
  const size_t comma = url.find(";base64,");
  if (comma == std::string_view::npos) return refused("a value that is not base64-encoded");
  const std::string_view data = url.substr(comma + 8);
  if (data.empty()) return refused("empty base64-encoded bytes");
  return is_base64(data) ? BodyProblem() : refused("an invalid base64-encoded value");
}

BodyProblem tool_history_problem(const json::Value& messages) {
  std::vector<std::string_view> calls;  // of the last assistant message
  std::vector<std::string_view> open;   // of these, the ones without a result
  rapidjson::SizeType asked_at = 0;
  for (rapidjson::SizeType i = 0; i < messages.Size(); ++i) {
    if (json::string_member(messages[i], "role") == "tool") {
      if (calls.empty()) {
        return {"Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                "'tool_calls'.",
                place_of(i, "role"), {}};
      }
      const std::string_view id = json::string_member(messages[i], "tool_call_id");
      if (!holds(calls, id)) {
        return {"Invalid parameter: 'tool_call_id' of '" + std::string(id) +
                    "' not found in 'tool_calls' of previous message.",
                place_of(i, "tool_call_id"), {}};
      }
      std::erase(open, id);
      continue;
    }
    if (!open.empty()) return calls_without_results(open, asked_at);
    calls.clear();
    const json::Value* const made = json::member(messages[i], "tool_calls");
    if (made == nullptr || !made->IsArray()) continue;
    for (const json::Value& call : made->GetArray()) calls.push_back(json::string_member(call, "id"));
    open = calls;
    asked_at = i;
  }
  return open.empty() ? BodyProblem() : calls_without_results(open, asked_at);
}

BodyProblem effort_problem(const json::Value& body) {
  const json::Value* const reasoning = json::member(body, "reasoning");
  const json::Value* const holder = reasoning != nullptr ? reasoning : &body;
  const std::string param = reasoning != nullptr ? "reasoning.effort" : "reasoning_effort";
  const std::string_view effort = json::string_member(*holder, reasoning != nullptr ? "effort" : param);
  const ModelEfforts* const known = effort.empty() ? nullptr : efforts_of(json::string_member(body, "model"));
  if (known == nullptr || holds(known->efforts, effort)) return {};
  if (known->efforts.empty()) {
    return {"Unsupported parameter: '" + param + "' is not supported with this model.", param,
            "unsupported_parameter"};
  }
  std::string words;
  for (const std::string_view word : known->efforts) {
    words += (words.empty() ? "'" : word == known->efforts.back() ? ", and '" : ", '") + std::string(word) + "'";
  }
  return {"Unsupported value: '" + param + "' does not support '" + std::string(effort) +
              "' with this model. Supported values are: " + words + ".",
          param, "unsupported_value"};
}

}  // namespace br::emulator

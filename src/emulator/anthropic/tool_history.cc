#include "emulator/anthropic/tool_history.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace br::emulator {
namespace {

using BlockIds = std::vector<std::string_view>;

// What the blocks of that kind are called by.
BlockIds ids_in(const json::Value& message, std::string_view type, std::string_view name) {
  BlockIds ids;
  const json::Value* const content = json::member(message, "content");
  if (content == nullptr || !content->IsArray()) return ids;
  for (const json::Value& block : content->GetArray()) {
    if (json::string_member(block, "type") == type) ids.push_back(json::string_member(block, name));
  }
  return ids;
}

std::string unanswered(const BlockIds& calls, const BlockIds& results) {
  std::string missing;
  for (const std::string_view id : calls) {
    if (std::find(results.begin(), results.end(), id) != results.end()) continue;
    missing += (missing.empty() ? "" : ", ") + std::string(id);
  }
  return missing;
}

// The place of a result among the blocks of its message.
rapidjson::SizeType block_of(const json::Value& message, std::string_view id) {
  const json::Value& content = *json::member(message, "content");
  rapidjson::SizeType at = 0;
  while (json::string_member(content[at], "tool_use_id") != id) ++at;
  return at;
}

}  // namespace

std::string tool_history_problem_of_claude(const json::Value& messages) {
  BlockIds calls;
  for (rapidjson::SizeType i = 0; i < messages.Size(); ++i) {
    const BlockIds results = ids_in(messages[i], "tool_result", "tool_use_id");
    for (const std::string_view id : results) {
      if (std::find(calls.begin(), calls.end(), id) != calls.end() && !id.empty()) continue;
      return "messages." + std::to_string(i) + ".content." + std::to_string(block_of(messages[i], id)) +
             ": unexpected `tool_use_id` found in `tool_result` blocks: " + std::string(id) +
             ". Each `tool_result` block must have a corresponding `tool_use` block in the previous message.";
    }
    const std::string missing = unanswered(calls, results);
    if (!missing.empty()) {
      return "messages." + std::to_string(i - 1) +
             ": `tool_use` ids were found without `tool_result` blocks immediately after: " + missing +
             ". Each `tool_use` block must have a corresponding `tool_result` block in the next message.";
    }
    calls = ids_in(messages[i], "tool_use", "id");
  }
  if (calls.empty()) return {};
  return "messages." + std::to_string(messages.Size() - 1) +
         ": `tool_use` ids were found without `tool_result` blocks immediately after: " + unanswered(calls, {}) +
         ". Each `tool_use` block must have a corresponding `tool_result` block in the next message.";
}

}  // namespace br::emulator

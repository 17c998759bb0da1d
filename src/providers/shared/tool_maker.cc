#include "providers/shared/tool_maker.h"

#include <algorithm>
#include <array>

#include "codec/json_cursor.h"
#include "codec/words.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

// developers.openai.com/api/docs/guides/tools, docs.x.ai, console.groq.com, docs.mistral.ai, 2026.
constexpr std::array<std::string_view, 20> kOpenAiTypes = {
    "web_search",     "web_search_preview", "file_search",      "code_interpreter",   "computer_use_preview",
    "computer_use",   "image_generation",   "mcp",              "local_shell",        "shell",
    "apply_patch",    "x_search",           "live_search",      "collections_search", "browser_search",
    "code_execution", "web_search_premium", "document_library", "tool_search",        "namespace"};
// ai.google.dev/api/caching#Tool, 2026; both spellings are taken.
constexpr std::array<std::string_view, 17> kGoogleNames = {
    "googleSearch", "google_search", "googleSearchRetrieval", "google_search_retrieval", "codeExecution", "code_execution",
    "urlContext", "url_context", "functionDeclarations", "function_declarations", "googleMaps", "google_maps", "fileSearch",
    "computerUse", "computer_use", "enterpriseWebSearch", "retrieval"};

// "web_search_20250305".
bool is_dated(std::string_view type) {
  constexpr std::size_t kDate = 8;
  if (type.size() <= kDate + 1 || type[type.size() - kDate - 1] != '_') return false;
  const std::string_view date = type.substr(type.size() - kDate);
  return date.starts_with("20") && date.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

ToolMaker tool_maker(std::string_view tool) {
  JsonCursor c(tool.data(), tool.size());
  if (c.peek() != JsonCursor::Kind::object) return ToolMaker::unknown;
  c.enter_object();
  std::string_view key, value, type, first;
  while (c.next_key(&key) && c.skip(&value)) {
    if (first.empty()) first = inside(key);
    if (inside(key) == "type" && value.front() == '"') type = inside(value);
  }
  if (is_dated(type) || type == "mcp_toolset") return ToolMaker::anthropic;
  if (is_one_of(type, kOpenAiTypes)) return ToolMaker::openai;
  if (!type.empty()) return ToolMaker::unknown;
  if (first == "toolSpec" || first == "systemTool") return ToolMaker::bedrock;
  return is_one_of(first, kGoogleNames) ? ToolMaker::google : ToolMaker::unknown;
}

std::string_view tool_maker_name(ToolMaker maker) {
  constexpr std::array<std::string_view, 5> kNames = {"another vendor", "OpenAI", "Anthropic", "Google", "Bedrock"};
  return kNames[static_cast<std::size_t>(maker)];
}

}  // namespace br

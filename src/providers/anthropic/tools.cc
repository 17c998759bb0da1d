// Tools, and which of them the model should call.
#include "providers/anthropic/encoder.h"
#include "providers/shared/text_rules.h"

namespace br {
namespace {

constexpr std::size_t kMostName = 128;

}  // namespace

bool AnthropicEncoder::tools(BodyWriter* w) {
  if (r_.tools_json.empty() || !w->begin("tools")) return true;
  out_->push_back('[');
  const auto all = read_tools(r_.tools_json);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out_->push_back(',');
    if (!tool(all[i], i)) return false;
  }
  out_->push_back(']');
  return true;
}

bool AnthropicEncoder::tool(const Tool& tool, std::size_t index) {
  const std::string at = "tools[" + std::to_string(index) + "]";
  const std::string_view name = tool.name_json.empty() ? member_of(tool.raw, "name") : tool.name_json;
  if (!name.empty() && !is_plain_name(name, kMostName))
    return refuse(r_.tools_column, at,
                  at + ": " + std::string(vendor_) + " takes names of 1 to 128 letters, digits, '_' and '-', not " +
                      std::string(name) + "; rename the tool");
  if (tool.native || tool.anthropic) {
    if (!check_tool_maker(tool.raw, {ToolMaker::anthropic}, index)) return false;
    out_->append(tool.raw);
    return true;
  }
  if (tool.name_json.empty()) return refuse(r_.tools_column, at, at + " is no function with a name; give it one");
  for (const auto& [key, value] : tool.other) {
    if (!unsupported(r_.tools_column, at + "." + std::string(inside(key)), "has no such field of a function",
                     "remove it"))
      return false;
  }
  out_->append("{\"name\":").append(tool.name_json);
  if (!tool.description_json.empty()) out_->append(",\"description\":").append(tool.description_json);
  out_->append(",\"input_schema\":");
  if (!input_schema(tool, at)) return false;
  if (!tool.strict_json.empty()) out_->append(",\"strict\":").append(tool.strict_json);
  for (const auto& [key, value] : tool.beside) out_->append(",").append(key).append(":").append(value);
  if (!tool.cache_json.empty()) out_->append(",\"cache_control\":").append(tool.cache_json);
  out_->push_back('}');
  return true;
}

// Only with strict true the vendor holds the arguments to their schema, and asks more of it.
bool AnthropicEncoder::input_schema(const Tool& tool, const std::string& at) {
  if (tool.parameters_json.empty()) {
    out_->append("{\"type\":\"object\"}");
    return true;
  }
  if (tool.strict_json != "true") {
    out_->append(tool.parameters_json);
    return true;
  }
  std::string schema;
  if (!rewritten_schema(kAnthropicSchema, tool.parameters_json, parameters_path(tool, at), false, &schema)) return false;
  out_->append(schema);
  return true;
}

bool AnthropicEncoder::tool_choice(BodyWriter* w) {
  if (r_.tool_choice_json.empty() || no_tool_choice_) return true;
  const ToolChoice choice = read_tool_choice(r_.tool_choice_json);
  if (choice.kind == ToolChoice::Kind::other)
    return unsupported(r_.tool_choice_column, "tool_choice", "takes auto, none, required or one function", "change it");
  if (!w->begin("tool_choice")) return true;
  // Anthropic's own form may say more: disable_parallel_tool_use.
  if (choice.type == "auto" || choice.type == "any" || choice.type == "tool" || choice.type == "none") {
    out_->append(r_.tool_choice_json);
    return true;
  }
  using Kind = ToolChoice::Kind;
  if (choice.kind == Kind::named) out_->append("{\"type\":\"tool\",\"name\":").append(choice.name_json).push_back('}');
  else if (choice.kind == Kind::automatic) out_->append("{\"type\":\"auto\"}");
  else out_->append(choice.kind == Kind::none ? "{\"type\":\"none\"}" : "{\"type\":\"any\"}");
  return true;
}

}  // namespace br

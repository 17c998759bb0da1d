// Functions that the model may call, and which of them it should.
#include "providers/google/encoder.h"

namespace br {

bool GoogleEncoder::tools(BodyWriter* w) {
  if (r_.tools_json.empty() || !w->begin("tools")) return true;
  const auto all = read_tools(r_.tools_json);
  out_->push_back('[');
  bool declared = false, first = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].native) continue;
    out_->append(declared ? "," : "{\"functionDeclarations\":[");
    declared = true;
    if (!declaration(all[i], "tools[" + std::to_string(i) + "]")) return false;
  }
  if (declared) out_->append("]}"), first = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Tool& tool = all[i];
    if (!tool.native) continue;
    if (!check_tool_maker(tool.raw, {ToolMaker::google}, i)) return false;
    if (!first) out_->push_back(',');
    first = false;
    out_->append(tool.raw);
  }
  out_->push_back(']');
  return true;
}

bool GoogleEncoder::declaration(const Tool& tool, const std::string& at) {
  if (tool.name_json.empty()) return refuse(r_.tools_column, at, at + " is no function with a name; give it one");
  std::string_view odd;
  if (tool.strict_json == "true") odd = "strict";
  if (!tool.cache_json.empty()) odd = "cache_control";
  if (!tool.beside.empty()) odd = inside(tool.beside.front().first);
  if (!odd.empty() &&
      !unsupported(r_.tools_column, at + "." + std::string(odd), "has no such field of a function", "remove it"))
    return false;
  out_->append("{\"name\":").append(tool.name_json);
  if (!tool.description_json.empty()) out_->append(",\"description\":").append(tool.description_json);
  if (!tool.parameters_json.empty() && !parameters(tool, at)) return false;
  // Fields of Google's own: parametersJsonSchema, response, behavior.
  for (const auto& [key, value] : tool.other) out_->append(",").append(key).append(":").append(value);
  out_->push_back('}');
  return true;
}

// The form that all models take, or JSON Schema where it says more.
bool GoogleEncoder::parameters(const Tool& tool, const std::string& at) {
  const std::string path = parameters_path(tool, at);
  const RewrittenSchema usual = rewrite_schema(kGeminiSchema, tool.parameters_json, path);
  if (usual.faults.empty()) {
    if (!usual.json.empty()) out_->append(",\"parameters\":").append(usual.json);
    return true;
  }
  std::string schema;
  if (!rewritten_schema(kGeminiToolSchema, tool.parameters_json, path, false, &schema)) return false;
  out_->append(",\"parametersJsonSchema\":").append(schema);
  return true;
}

bool GoogleEncoder::tool_choice(BodyWriter* w) {
  if (r_.tool_choice_json.empty()) return true;
  using Kind = ToolChoice::Kind;
  const ToolChoice choice = read_tool_choice(r_.tool_choice_json);
  const bool own = r_.tool_choice_json.find("\"functionCallingConfig\"") != std::string_view::npos;
  if (choice.kind == Kind::other && !own)
    return unsupported(r_.tool_choice_column, "tool_choice", "takes auto, none, required or one function", "change it");
  if (field_of(r_.tool_choice_json, "disable_parallel_tool_use") == "true" &&
      !unsupported(r_.tool_choice_column, "tool_choice.disable_parallel_tool_use", "has no word for one call at a time",
                   "remove it"))
    return false;
  const std::size_t begun = out_->size();
  if (own) {
    out_->append(r_.tool_choice_json.substr(1, r_.tool_choice_json.size() - 2));
  } else {
    out_->append("\"functionCallingConfig\":{\"mode\":");
    out_->append(choice.kind == Kind::automatic ? "\"AUTO\"" : choice.kind == Kind::none ? "\"NONE\"" : "\"ANY\"");
    if (choice.kind == Kind::named) out_->append(",\"allowedFunctionNames\":[").append(choice.name_json).push_back(']');
    out_->push_back('}');
  }
  w->object_since("toolConfig", begun);
  return true;
}

}  // namespace br

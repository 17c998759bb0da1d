#include "providers/shared/unified_fields.h"

#include <algorithm>
#include <array>

#include "codec/json_compact.h"
#include "codec/json_cursor.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

// The fields of an object; none of anything else.
std::vector<JsonField> fields_of(std::string_view json) {
  std::vector<JsonField> fields;
  if (json.empty() || json.front() != '{') return fields;
  JsonCursor cursor(json.data(), json.size());
  cursor.enter_object();
  JsonField field;
  while (cursor.next_key(&field.first) && cursor.skip(&field.second)) fields.push_back(field);
  return fields;
}

std::string_view find(const std::vector<JsonField>& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (inside(key) == name && value != "null") return value;
  }
  return {};
}

bool is_string(std::string_view token) { return token.starts_with('"'); }

void read_function(const std::vector<JsonField>& fields, Tool* tool) {
  for (const JsonField& field : fields) {
    const std::string_view name = inside(field.first);
    if (name == "name") tool->name_json = field.second;
    else if (name == "description") tool->description_json = field.second == "null" ? std::string_view() : field.second;
    else if (name == "parameters" || name == "input_schema") tool->parameters_json = field.second == "null" ? std::string_view() : field.second;
    else if (name == "strict") tool->strict_json = field.second == "null" ? std::string_view() : field.second;
    else if (name == "cache_control") tool->cache_json = field.second == "null" ? std::string_view() : field.second;
    else if (name != "type") tool->other.push_back(field);
  }
}

Tool read_tool(std::string_view raw) {
  Tool tool;
  tool.raw = raw;
  const auto fields = fields_of(raw);
  const std::string_view function = find(fields, "function"), type = find(fields, "type");
  if (function.starts_with('{')) {
    read_function(fields_of(function), &tool);
    for (const JsonField& field : fields) {
      if (field.first == "\"cache_control\"") tool.cache_json = field.second == "null" ? "" : field.second;
      else if (field.first != "\"type\"" && field.first != "\"function\"") tool.beside.push_back(field);
    }
    return tool;
  }
  const bool typed_function = type.empty() || type == "\"function\"";
  const bool named = !find(fields, "name").empty();
  tool.anthropic = named && !find(fields, "input_schema").empty() && (typed_function || type == "\"custom\"");
  tool.native = !tool.anthropic && (!typed_function || !named);
  if (tool.native && type == "\"function\"") tool.native = false;  // a function without a name, to be refused
  if (!tool.native) read_function(fields, &tool);
  return tool;
}

}  // namespace

std::vector<Tool> read_tools(std::string_view array) {
  std::vector<Tool> tools;
  JsonCursor cursor(array.data(), array.size());
  cursor.enter_array();
  std::string_view raw;
  while (cursor.next_element() && cursor.skip(&raw)) tools.push_back(read_tool(raw));
  return tools;
}

std::string parameters_path(const Tool& tool, const std::string& at) {
  const auto fields = fields_of(tool.raw);
  if (find(fields, "function").starts_with('{')) return at + ".function.parameters";
  return at + (find(fields, "input_schema").empty() ? ".parameters" : ".input_schema");
}

ToolChoice read_tool_choice(std::string_view json) {
  using Choice = ToolChoice::Kind;
  const auto fields = fields_of(json);
  const std::string_view type = is_string(json) ? json : find(fields, "type");
  const std::string_view inner = find(fields, "function");
  ToolChoice choice;
  choice.name_json = find(inner.empty() ? fields : fields_of(inner), "name");
  if (!is_string(json)) choice.type = inside(type);
  if (is_string(choice.name_json)) choice.kind = Choice::named;
  else if (type == "\"auto\"") choice.kind = Choice::automatic;
  else if (type == "\"none\"") choice.kind = Choice::none;
  else if (type == "\"required\"" || type == "\"any\"") choice.kind = Choice::required;
  return choice;
}

bool is_bare_schema(std::string_view object) {
  static constexpr std::array<std::string_view, 7> kTypes = {"object",  "array",   "string", "number",
                                                             "integer", "boolean", "null"};
  static constexpr std::array<std::string_view, 10> kKeywords = {"properties", "items", "enum", "const", "anyOf",
                                                                 "oneOf",      "allOf", "$ref", "$defs", "$schema"};
  JsonCursor cursor(object.data(), object.size());
  cursor.enter_object();
  bool typed = false, keyword = false;
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (inside(key) != "type")
      keyword = keyword || std::count(kKeywords.begin(), kKeywords.end(), inside(key)) > 0;
    else if (value.front() == '[')
      keyword = true;
    else if (std::count(kTypes.begin(), kTypes.end(), inside(value)) > 0)
      keyword = true;
    else
      typed = true;
  }
  return keyword && !typed;
}

ResponseFormat read_response_format(std::string_view json) {
  using Format = ResponseFormat::Kind;
  const auto fields = fields_of(json);
  const std::string_view type = find(fields, "type");
  if (type == "\"text\"") return {Format::text, {}, {}};
  if (type == "\"json_object\"") return {Format::json_object, {}, {}};
  if (type != "\"json_schema\"") {
    if (!json.starts_with('{') || !is_bare_schema(json)) return {};
    return {Format::json_schema, json, "response_format"};
  }
  const std::string_view inner = find(fields, "json_schema");
  std::string_view schema = find(inner.empty() ? fields : fields_of(inner), "schema");
  if (!schema.starts_with('{')) return {};
  return {Format::json_schema, schema, inner.empty() ? "response_format.schema" : "response_format.json_schema.schema"};
}

Reasoning read_reasoning(std::string_view json) {
  Reasoning reasoning;
  if (is_string(json)) reasoning.effort = inside(json);
  for (const auto& [key, value] : fields_of(json)) {
    if (value == "null") continue;
    if (inside(key) == "effort" && is_string(value)) reasoning.effort = inside(value);
    else if (inside(key) == "budget_tokens" && value.find_first_not_of("-0123456789") == std::string_view::npos)
      reasoning.budget_tokens = value;
    else if (reasoning.other.empty()) reasoning.other = inside(key);
  }
  return reasoning;
}

void append_tool_call(std::string_view id_json, std::string_view name_json, std::string_view args_json, int number,
                      std::string* out) {
  out->append("{\"id\":");
  if (is_string(id_json)) out->append(id_json);
  else out->append("\"call_").append(std::to_string(number)).push_back('"');
  out->append(",\"type\":\"function\",\"function\":{\"name\":").append(name_json.empty() ? "\"\"" : name_json);
  out->append(",\"arguments\":");
  append_json_text(args_json.empty() ? "{}" : args_json, out);
  out->append("}}");
}

void append_json_text(std::string_view json, std::string* out) {
  out->push_back('"');
  std::string compact;
  append_compact_json(json, &compact);
  for (const char c : compact) {
    if (c == '"' || c == '\\') out->push_back('\\');
    out->push_back(c);
  }
  out->push_back('"');
}

std::string_view field_of(std::string_view object, std::string_view name) { return find(fields_of(object), name); }

bool split_data_uri(std::string_view token, std::string_view* media_type, std::string_view* base64) {
  const std::string_view text = inside(token);
  constexpr std::string_view kScheme = "data:", kBase64 = ";base64,";
  const std::size_t comma = text.find(kBase64);
  if (!text.starts_with(kScheme) || comma == std::string_view::npos) return false;
  *media_type = text.substr(kScheme.size(), comma - kScheme.size());
  *media_type = media_type->substr(0, media_type->find(';'));
  *base64 = text.substr(comma + kBase64.size());
  return true;
}

}  // namespace br

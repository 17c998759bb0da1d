#include "providers/openai/tools.h"

#include "providers/openai/object_form.h"
#include "providers/shared/text_rules.h"

namespace br {
namespace {

constexpr std::size_t kMostToolName = 64;
constexpr std::string_view kFlatFunction = "{\"type\":\"function\"";
constexpr std::string_view kNestedFunction = "{\"type\":\"function\",\"function\":{";

template <class Write>
void each_tool(std::string_view tools, std::string* out, Write write) {
  JsonCursor cursor(tools.data(), tools.size());
  cursor.enter_array();
  out->push_back('[');
  std::string_view tool;
  for (bool first = true; cursor.next_element() && cursor.skip(&tool); first = false) {
    if (!first) out->push_back(',');
    write(tool);
  }
  out->push_back(']');
}

}  // namespace

bool OpenAiTools::check_names() {
  if (!d_.plain_tool_names || r_.tools_json.empty()) return true;
  const auto tools = read_tools(r_.tools_json);
  for (std::size_t i = 0; i < tools.size(); ++i) {
    if (tools[i].name_json.empty() || is_plain_name(tools[i].name_json, kMostToolName)) continue;
    const std::string at = "tools[" + std::to_string(i) + "]";
    return refuse(r_.tools_column, at,
                  at + ": " + std::string(d_.vendor) + " takes names of 1 to 64 letters, digits, '_' and '-', not " +
                      std::string(tools[i].name_json) + "; rename the tool");
  }
  return true;
}

bool OpenAiTools::check() {
  if (r_.tools_json.empty()) return true;
  std::size_t index = 0;
  for (const Tool& tool : read_tools(r_.tools_json)) {
    const std::string at = "tools[" + std::to_string(index) + "]";
    if (!check_tool_maker(tool.raw, {ToolMaker::openai}, index++)) return false;
    if (!tool.cache_json.empty() &&
        !unsupported(column_of(tool.cache_json), at + ".cache_control", "has no marks of what to cache", "remove it"))
      return false;
  }
  return true;
}

bool OpenAiTools::fit_schemas() {
  if (r_.tools_json.empty() || (d_.strict_schemas == nullptr && d_.tool_schemas == nullptr)) return true;
  JsonCursor cursor(r_.tools_json.data(), r_.tools_json.size());
  cursor.enter_array();
  std::string_view tool;
  for (std::size_t i = 0; cursor.next_element() && cursor.skip(&tool); ++i) {
    const std::string_view nested = field_of(tool, "function");
    const std::string_view function = nested.starts_with('{') ? nested : tool;
    const bool anthropic = !field_of(function, "input_schema").empty();
    const std::string_view schema = field_of(function, anthropic ? "input_schema" : "parameters");
    const SchemaRules* const rules = schema_rules(d_, function, d_.tool_schemas);
    if (rules == nullptr || !schema.starts_with('{')) continue;
    const std::string at = "tools[" + std::to_string(i) + "]" +
                           (anthropic ? ".input_schema" : nested.empty() ? ".parameters" : ".function.parameters");
    std::string rewritten;
    if (!rewritten_schema(*rules, schema, at, false, &rewritten)) return false;
    tools_.replace(schema, rewritten);
  }
  tools_.finish();
  return true;
}

void OpenAiTools::write(BodyWriter* w) {
  if (!r_.tools_json.empty() && w->begin("tools")) {
    if (is_responses()) write_flat();
    else write_nested();
  }
  if (!r_.tool_choice_json.empty() && w->begin("tool_choice")) write_choice();
  // What Anthropic says inside of the choice.
  if (field_of(r_.tool_choice_json, "disable_parallel_tool_use") == "true") w->field("parallel_tool_calls", "false");
}

void OpenAiTools::write_nested() {
  each_tool(tools_.text(), out_, [this](std::string_view tool) {
    if (form_of(tool).is_flat_function()) append_fields(kNestedFunction, tool, "}}", out_);
    else if (field_of(tool, "cache_control").empty()) out_->append(tool);
    else append_fields(kFlatFunction, tool, "}", out_);
  });
}

void OpenAiTools::write_flat() {
  each_tool(tools_.text(), out_, [this](std::string_view tool) {
    const ObjectForm form = form_of(tool);
    if (!form.function.empty()) append_fields(kFlatFunction, form.function, "}", out_);
    else if (form.is_flat_function()) append_fields(kFlatFunction, tool, "}", out_);
    else out_->append(tool);
  });
}

// {"type":"auto"|"any"|"tool"|"none"} is Anthropic's; false: it is not.
bool OpenAiTools::write_anthropic_choice() {
  const ToolChoice choice = read_tool_choice(r_.tool_choice_json);
  using Choice = ToolChoice::Kind;
  if (choice.type == "tool" && choice.kind == Choice::named) {
    const bool flat = is_responses();
    out_->append(flat ? "{\"type\":\"function\",\"name\":" : "{\"type\":\"function\",\"function\":{\"name\":");
    out_->append(choice.name_json).append(flat ? "}" : "}}");
    return true;
  }
  if (choice.type != "auto" && choice.type != "any" && choice.type != "none") return false;
  out_->append(choice.type == "auto" ? "\"auto\"" : choice.type == "any" ? "\"required\"" : "\"none\"");
  return true;
}

void OpenAiTools::write_choice() {
  if (write_anthropic_choice()) return;
  const std::string_view choice = r_.tool_choice_json;
  const ObjectForm form = form_of(choice);
  if (is_responses() && !form.function.empty()) append_fields(kFlatFunction, form.function, "}", out_);
  else if (form.is_flat_function() && is_responses()) append_fields(kFlatFunction, choice, "}", out_);
  else if (form.is_flat_function()) append_fields(kNestedFunction, choice, "}}", out_);
  else out_->append(choice);
}

}  // namespace br

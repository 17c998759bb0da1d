// Tools, their choice and the form of the answer: chat completions nest them, responses hold them flat. Both forms are
// taken for both.
#include "providers/openai/encoder.h"
#include "providers/shared/unified_fields.h"

namespace br {
namespace {

// The fields of an object that tell which form it has.
struct ToolForm {
  std::string_view type, function, name, schema, json_schema, input_schema;
};

ToolForm form_of(std::string_view object) {
  ToolForm form;
  if (object.empty() || object.front() != '{') return form;
  JsonCursor cursor(object.data(), object.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (key == "\"type\"") form.type = value;
    else if (key == "\"function\"" && value.front() == '{') form.function = value;
    else if (key == "\"name\"") form.name = value;
    else if (key == "\"input_schema\"") form.input_schema = value;
    else if (key == "\"schema\"" && value.front() == '{') form.schema = value;
    else if (key == "\"json_schema\"" && value.front() == '{') form.json_schema = value;
  }
  return form;
}

// Writes `head`, then every field of the object but its type, then `tail`. head ends inside an object.
void append_fields(std::string_view head, std::string_view object, std::string_view tail, std::string* out) {
  out->append(head);
  JsonCursor cursor(object.data(), object.size());
  cursor.enter_object();
  std::string_view key, value;
  while (cursor.next_key(&key) && cursor.skip(&value)) {
    if (key == "\"type\"" || key == "\"cache_control\"") continue;
    if (key == "\"input_schema\"") key = "\"parameters\"";  // Anthropic's form
    if (out->back() != '{') out->push_back(',');
    out->append(key).append(":").append(value);
  }
  out->append(tail);
}

constexpr std::string_view kFlatFunction = "{\"type\":\"function\"";
constexpr std::string_view kNestedFunction = "{\"type\":\"function\",\"function\":{";

bool is_flat_function(const ToolForm& form) {
  return form.function.empty() && !form.name.empty() && (form.type.empty() || form.type == "\"function\"" || !form.input_schema.empty());
}

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

void OpenAiEncoder::chat_tools() {
  each_tool(tools_, out_, [this](std::string_view tool) {
    if (is_flat_function(form_of(tool))) append_fields(kNestedFunction, tool, "}}", out_);
    else if (field_of(tool, "cache_control").empty()) out_->append(tool);
    else append_fields(kFlatFunction, tool, "}", out_);
  });
}

void OpenAiEncoder::flat_tools() {
  each_tool(tools_, out_, [this](std::string_view tool) {
    const ToolForm form = form_of(tool);
    if (!form.function.empty()) append_fields(kFlatFunction, form.function, "}", out_);
    else if (is_flat_function(form)) append_fields(kFlatFunction, tool, "}", out_);
    else out_->append(tool);
  });
}

// Nothing of Anthropic's form is left in a tool or its choice, and no vendor's own tools are.
bool OpenAiEncoder::check_tools() {
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

// What Anthropic says inside of the choice.
void OpenAiEncoder::serial_calls(BodyWriter* w) {
  if (field_of(r_.tool_choice_json, "disable_parallel_tool_use") == "true") w->field("parallel_tool_calls", "false");
}

// {"type":"auto"|"any"|"tool"|"none"} is Anthropic's; false: it is not.
bool OpenAiEncoder::anthropic_choice(bool flat) {
  const ToolChoice choice = read_tool_choice(r_.tool_choice_json);
  using Choice = ToolChoice::Kind;
  if (choice.type == "tool" && choice.kind == Choice::named) {
    out_->append(flat ? "{\"type\":\"function\",\"name\":" : "{\"type\":\"function\",\"function\":{\"name\":");
    out_->append(choice.name_json).append(flat ? "}" : "}}");
    return true;
  }
  if (choice.type != "auto" && choice.type != "any" && choice.type != "none") return false;
  out_->append(choice.type == "auto" ? "\"auto\"" : choice.type == "any" ? "\"required\"" : "\"none\"");
  return true;
}

void OpenAiEncoder::chat_tool_choice() {
  const std::string_view choice = r_.tool_choice_json;
  if (anthropic_choice(false)) return;
  if (is_flat_function(form_of(choice))) append_fields(kNestedFunction, choice, "}}", out_);
  else out_->append(choice);
}

void OpenAiEncoder::flat_tool_choice() {
  const std::string_view choice = r_.tool_choice_json;
  if (anthropic_choice(true)) return;
  const ToolForm form = form_of(choice);
  if (!form.function.empty()) append_fields(kFlatFunction, form.function, "}", out_);
  else if (is_flat_function(form)) append_fields(kFlatFunction, choice, "}", out_);
  else out_->append(choice);
}

bool OpenAiEncoder::check_format() {
  const std::string_view format = r_.response_format_json;
  if (format.empty()) return true;
  const ToolForm form = form_of(format);
  const std::string_view type = inside(form.type);
  const bool has_schema = !form.json_schema.empty() || !form.schema.empty();
  has_format_ = type == "text" || type == "json_object" || (type == "json_schema" && has_schema) ||
                (!type.empty() && (type == d_.own_format || d_.own_format == "*")) || is_bare_schema(format);
  return has_format_ || unsupported(r_.response_format_column, "response_format",
                                    "takes text, json_object, json_schema with a schema, or a JSON schema by itself",
                                    "use one of them");
}

void OpenAiEncoder::chat_format() {
  const std::string_view format = format_;
  const ToolForm form = form_of(format);
  constexpr std::string_view kHead = "{\"type\":\"json_schema\",\"json_schema\":{";
  if (is_bare_schema(format)) {
    out_->append(kHead).append("\"name\":\"answer\",\"schema\":").append(format).append("}}");
  } else if (form.json_schema.empty() && !form.schema.empty()) {
    append_fields(form.name.empty() ? std::string(kHead) + "\"name\":\"answer\"" : std::string(kHead), format, "}}",
                  out_);
  } else {
    out_->append(format);
  }
}

void OpenAiEncoder::flat_format() {
  const std::string_view format = format_;
  const ToolForm form = form_of(format);
  constexpr std::string_view kHead = "{\"type\":\"json_schema\"";
  if (is_bare_schema(format))
    out_->append(kHead).append(",\"name\":\"answer\",\"schema\":").append(format).append("}");
  else if (!form.json_schema.empty()) append_fields(kHead, form.json_schema, "}", out_);
  else out_->append(format);
}

}  // namespace br

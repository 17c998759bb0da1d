// Tools, tool_choice, response_format and reasoning of a unified request, read once for vendors that have forms of
// their own. All ..._json are slices of the request's line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace br {

using JsonField = std::pair<std::string_view, std::string_view>;  // key token, value

struct Tool {
  bool native = false;  // the vendor's own form: raw is to be spliced
  bool anthropic = false;  // a function in Anthropic's form: {"name","input_schema"}
  std::string_view raw;
  std::string_view name_json, description_json, parameters_json, strict_json;
  std::string_view cache_json;  // cache_control
  std::vector<JsonField> other;  // fields of the function that have no place in the unified form
  std::vector<JsonField> beside;  // fields beside "type" and "function"
};

// The elements of the array. A tool is a function when it has "function", or is flat with a name and no vendor's form.
std::vector<Tool> read_tools(std::string_view array);

// Where the schema of the arguments stands in a tool as it was given, whose path is `at`.
std::string parameters_path(const Tool& tool, const std::string& at);

struct ToolChoice {
  enum class Kind : std::uint8_t { automatic, none, required, named, other };
  Kind kind = Kind::other;
  std::string_view name_json;  // named
  std::string_view type;       // of an object, without quotes
};
ToolChoice read_tool_choice(std::string_view json);

struct ResponseFormat {
  enum class Kind : std::uint8_t { text, json_object, json_schema, other };
  Kind kind = Kind::other;
  std::string_view schema_json;
  std::string_view schema_at;  // its path in the request
};
// A JSON schema itself, not a description of a format: it says of which type the answer is, or uses a keyword of
// schemas.
bool is_bare_schema(std::string_view object);
ResponseFormat read_response_format(std::string_view json);

struct Reasoning {
  std::string_view effort;  // without quotes
  std::string_view budget_tokens;
  std::string_view other;  // the first field, without quotes, that is neither
};
Reasoning read_reasoning(std::string_view json);

// One tool call in the unified form, OpenAI's: the arguments are the compact text of args_json as a string. id_json may
// be empty: the call is then named by its number.
void append_tool_call(std::string_view id_json, std::string_view name_json, std::string_view args_json, int number,
                      std::string* out);

// Appends checked JSON as a JSON string that holds its compact text.
void append_json_text(std::string_view json, std::string* out);

// The value of an object's field; empty where there is none, it is null, or this is no object.
std::string_view field_of(std::string_view object, std::string_view name);

// A data: URI of a JSON string token, cut in its two parts; false when it is none in base64.
bool split_data_uri(std::string_view token, std::string_view* media_type, std::string_view* base64);

}  // namespace br

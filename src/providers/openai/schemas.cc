// The schemas of tools and answers, for vendors that take a part of JSON Schema only: the request's fields are written
// anew around the rewritten schemas, before anything else looks at them.
#include "providers/openai/encoder.h"
#include "providers/shared/unified_fields.h"

namespace br {
namespace {

// `text` with other words in the place of the slices, which follow each other in it.
class Splice {
 public:
  explicit Splice(std::string_view text) : text_(text) {}
  void replace(std::string_view slice, std::string_view with) {
    const auto at = static_cast<std::size_t>(slice.data() - text_.data());
    out_.append(text_.substr(done_, at - done_)).append(with);
    done_ = at + slice.size();
  }
  bool changed() const { return done_ > 0; }
  // With what a cursor needs behind it; *size: without that.
  std::string finish(std::size_t* size) {
    out_.append(text_.substr(done_));
    *size = out_.size();
    return std::move(out_.append(kJsonPadding, ' '));
  }

 private:
  std::string_view text_;
  std::string out_;
  std::size_t done_ = 0;
};

}  // namespace

const SchemaRules* OpenAiEncoder::rules_of(std::string_view object, const SchemaRules* all) const {
  if (all != nullptr || d_.strict_schemas == nullptr) return all;
  return field_of(object, "strict") == "true" ? d_.strict_schemas : nullptr;
}

bool OpenAiEncoder::schemas() {
  if (d_.strict_schemas == nullptr && d_.tool_schemas == nullptr && d_.answer_schemas == nullptr) return true;
  const bool tools = d_.strict_schemas != nullptr || d_.tool_schemas != nullptr;
  if (!r_.tools_json.empty() && tools && !tool_schemas()) return false;
  return r_.response_format_json.empty() || answer_schema();
}

bool OpenAiEncoder::tool_schemas() {
  Splice splice(tools_);
  JsonCursor cursor(tools_.data(), tools_.size());
  cursor.enter_array();
  std::string_view tool;
  for (std::size_t i = 0; cursor.next_element() && cursor.skip(&tool); ++i) {
    const std::string_view nested = field_of(tool, "function");
    const std::string_view function = nested.starts_with('{') ? nested : tool;
    const bool anthropic = !field_of(function, "input_schema").empty();
    const std::string_view schema = field_of(function, anthropic ? "input_schema" : "parameters");
    const SchemaRules* const rules = rules_of(function, d_.tool_schemas);
    if (rules == nullptr || !schema.starts_with('{')) continue;
    const std::string at = "tools[" + std::to_string(i) + "]" +
                           (anthropic ? ".input_schema" : nested.empty() ? ".parameters" : ".function.parameters");
    std::string rewritten;
    if (!rewritten_schema(*rules, schema, at, false, &rewritten)) return false;
    splice.replace(schema, rewritten);
  }
  if (!splice.changed()) return true;
  std::size_t size = 0;
  tools_text_ = splice.finish(&size);
  tools_ = std::string_view(tools_text_).substr(0, size);
  return true;
}

bool OpenAiEncoder::answer_schema() {
  const ResponseFormat format = read_response_format(format_);
  if (format.kind != ResponseFormat::Kind::json_schema) return true;
  const std::string_view wrapped = field_of(format_, "json_schema");
  const SchemaRules* const rules = rules_of(wrapped.empty() ? format_ : wrapped, d_.answer_schemas);
  if (rules == nullptr) return true;
  std::string rewritten;
  if (!rewritten_schema(*rules, format.schema_json, std::string(format.schema_at), true, &rewritten)) return false;
  if (rewritten.empty()) {
    format_ = {};
    return true;
  }
  Splice splice(format_);
  splice.replace(format.schema_json, rewritten);
  std::size_t size = 0;
  format_text_ = splice.finish(&size);
  format_ = std::string_view(format_text_).substr(0, size);
  return true;
}

}  // namespace br

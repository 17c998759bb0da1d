#include "providers/openai/answer_format.h"

#include "providers/openai/object_form.h"

namespace br {

bool OpenAiAnswerFormat::fit_schema() {
  if (r_.response_format_json.empty() || (d_.strict_schemas == nullptr && d_.answer_schemas == nullptr)) return true;
  const ResponseFormat format = read_response_format(r_.response_format_json);
  if (format.kind != ResponseFormat::Kind::json_schema) return true;
  const std::string_view wrapped = field_of(r_.response_format_json, "json_schema");
  const std::string_view described = wrapped.empty() ? r_.response_format_json : wrapped;
  const SchemaRules* const rules = schema_rules(d_, described, d_.answer_schemas);
  if (rules == nullptr) return true;
  std::string rewritten;
  if (!rewritten_schema(*rules, format.schema_json, std::string(format.schema_at), true, &rewritten)) return false;
  if (rewritten.empty()) {
    format_.remove();
    return true;
  }
  format_.replace(format.schema_json, rewritten);
  format_.finish();
  return true;
}

bool OpenAiAnswerFormat::check() {
  const std::string_view format = r_.response_format_json;
  if (format.empty()) return true;
  const ObjectForm form = form_of(format);
  const std::string_view type = inside(form.type);
  const bool has_schema = !form.json_schema.empty() || !form.schema.empty();
  is_known_ = type == "text" || type == "json_object" || (type == "json_schema" && has_schema) ||
              (!type.empty() && (type == d_.own_format || d_.own_format == "*")) || is_bare_schema(format);
  return is_known_ || unsupported(r_.response_format_column, "response_format",
                                  "takes text, json_object, json_schema with a schema, or a JSON schema by itself",
                                  "use one of them");
}

void OpenAiAnswerFormat::write(BodyWriter* w) {
  if (!is_known_ || format_.text().empty()) return;
  if (!is_responses()) {
    if (w->begin("response_format")) write_nested();
    return;
  }
  const std::size_t begun = out_->size();
  out_->append("\"format\":");
  write_flat();
  w->object_since("text", begun);
}

void OpenAiAnswerFormat::write_nested() {
  const std::string_view format = format_.text();
  const ObjectForm form = form_of(format);
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

void OpenAiAnswerFormat::write_flat() {
  const std::string_view format = format_.text();
  const ObjectForm form = form_of(format);
  constexpr std::string_view kHead = "{\"type\":\"json_schema\"";
  if (is_bare_schema(format))
    out_->append(kHead).append(",\"name\":\"answer\",\"schema\":").append(format).append("}");
  else if (!form.json_schema.empty()) append_fields(kHead, form.json_schema, "}", out_);
  else out_->append(format);
}

}  // namespace br

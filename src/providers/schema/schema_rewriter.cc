#include "providers/schema/schema_rewriter.h"

#include <algorithm>

#include "codec/json_compact.h"
#include "codec/json_write.h"
#include "providers/schema/schema_writer.h"

namespace br {

bool RewrittenSchema::usable() const {
  return std::none_of(faults.begin(), faults.end(), [](const SchemaFault& each) { return each.whole; });
}

RewrittenSchema rewrite_schema(const SchemaRules& rules, std::string_view schema, const std::string& at) {
  RewrittenSchema result;
  SchemaDocument document(rules, schema, at, &result);
  if (document.root() == nullptr) {
    result.faults.push_back(
        {at, "cannot be told this schema: it is nested too deep or too long", "make it smaller", 0, true});
    return result;
  }
  const auto write = rules.google ? write_google_schema : write_json_schema;
  if (!write(rules, &document, &result.json)) result.json.clear();
  return result;
}

std::string* SchemaObject::begin(std::string_view name) {
  if (!first_) out_->push_back(',');
  first_ = false;
  append_json_string(name, out_);
  out_->push_back(':');
  return out_;
}

std::string described(std::string_view description, const std::vector<SchemaField>& told) {
  std::string text(description);
  if (told.empty()) return text;
  text.append(text.empty() ? "{" : "\n\n{");
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (i > 0) text.append(", ");
    text.append(told[i].name).append(": ");
    if (told[i].value->is_string())
      text.append(told[i].value->string());
    else
      append_compact_json(told[i].value->raw(), &text);
  }
  text.push_back('}');
  return text;
}

bool is_simple_pattern(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
      if ((next >= '1' && next <= '9') || next == 'b' || next == 'B' || next == 'k' || next == 'p' || next == 'P')
        return false;
      ++i;
    } else if (pattern.substr(i).starts_with("(?") && !pattern.substr(i).starts_with("(?:")) {
      return false;
    }
  }
  return true;
}

}  // namespace br

// What the two forms of schemas are written with: JSON Schema (json_schema_writer.cc) and Google's
// (google_schema_writer.cc). Private to the rewriting of schemas.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "providers/schema/schema_document.h"

namespace br {

// More than a schema needs: where references that name each other multiply, writing stops.
inline constexpr std::size_t kMaxSchemaBytes = 1'000'000;

// An object that is written field by field.
class SchemaObject {
 public:
  explicit SchemaObject(std::string* out) : out_(out) { out_->push_back('{'); }
  // Begins the field; its value follows.
  std::string* begin(std::string_view name);
  void field(std::string_view name, std::string_view json) { begin(name)->append(json); }
  void end() { out_->push_back('}'); }

 private:
  std::string* out_;
  bool first_ = true;
};

// "{minimum: 0, maximum: 10}" as the end of a description, which is how Anthropic's SDK tells a model what a schema
// cannot.
std::string described(std::string_view description, const std::vector<SchemaField>& told);

// A pattern that engines without lookarounds, back references and word boundaries read.
bool is_simple_pattern(std::string_view pattern);

bool write_json_schema(const SchemaRules& rules, SchemaDocument* document, std::string* out);
bool write_google_schema(const SchemaRules& rules, SchemaDocument* document, std::string* out);

}  // namespace br

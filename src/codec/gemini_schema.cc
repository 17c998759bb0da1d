#include "codec/gemini_schema.h"

#include <algorithm>

#include "codec/json_write.h"
#include "codec/words.h"

namespace br {
namespace {

// "STRING" is "string"; what is written small already stays.
std::string lower_type(std::string_view token) {
  std::string type = json_text(token);
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return type;
}

class SchemaTurner {
 public:
  SchemaTurner(std::string* out, std::vector<Untranslatable>* faults) : out_(*out), faults_(*faults) {}
  void schema(std::string_view value);

 private:
  void field(const JsonSlice& member, bool nullable);
  void key(std::string_view name);
  void type(std::string_view value, bool nullable);
  void schemas(std::string_view value);
  void order(std::string_view order, std::string_view properties);

  std::string& out_;
  std::vector<Untranslatable>& faults_;
  bool first_ = true;
};

void SchemaTurner::key(std::string_view name) {
  if (!first_) out_.push_back(',');
  first_ = false;
  append_json_string(name, &out_);
  out_.push_back(':');
}

void SchemaTurner::schema(std::string_view value) {
  if (!value.starts_with('{')) {
    out_.append(value);
    return;
  }
  const bool before = first_;
  first_ = true;
  const bool nullable = json_member(value, "nullable") == "true";
  if (nullable && json_member(value, "type").empty())
    faults_.push_back({json_member(value, "nullable"), "says of a schema without a type that it may be null", false});
  out_.push_back('{');
  for (const JsonSlice& member : json_members(value)) {
    if (is_one_of(member.name, {"propertyOrdering", "property_ordering"}))
      order(member.value, json_member(value, "properties"));
    else if (member.name != "nullable")
      field(member, nullable);
  }
  out_.push_back('}');
  first_ = before;
}

void SchemaTurner::field(const JsonSlice& member, bool nullable) {
  static constexpr std::pair<std::string_view, std::string_view> kSnake[] = {
      {"any_of", "anyOf"},
      {"min_items", "minItems"},
      {"max_items", "maxItems"},
      {"min_length", "minLength"},
      {"max_length", "maxLength"},
      {"min_properties", "minProperties"},
      {"max_properties", "maxProperties"},
      {"additional_properties", "additionalProperties"}};
  std::string_view name = member.name;
  for (const auto& [snake, camel] : kSnake) {
    if (name == snake) name = camel;
  }
  if (name == "type") return type(member.value, nullable);
  // These only say how wide a number is, or that an enum is one.
  if (name == "format" && is_one_of(json_text(member.value), {"enum", "float", "double", "int32", "int64"})) return;
  if (name == "example") {
    key("examples");
    out_.append("[").append(member.value).append("]");
    return;
  }
  key(name);
  const std::string digits = json_text(member.value);
  if (is_one_of(name, {"properties", "anyOf", "prefixItems", "$defs"}))
    schemas(member.value);
  else if (is_one_of(name, {"items", "additionalProperties"}))
    schema(member.value);
  else if (name == "enum" && nullable && member.value.ends_with(']'))
    out_.append(member.value.substr(0, member.value.size() - 1)).append(",null]");
  else if ((name.starts_with("min") || name.starts_with("max")) && !digits.empty() &&
           digits.find_first_not_of("0123456789") == std::string::npos)
    out_.append(digits);  // 64-bit numbers may stand in strings
  else
    out_.append(member.value);
}

void SchemaTurner::type(std::string_view value, bool nullable) {
  key("type");
  if (!is_json_string(value)) {
    out_.append(value);
    return;
  }
  out_.append(nullable ? "[\"" : "\"").append(lower_type(value)).append(nullable ? "\",\"null\"]" : "\"");
}

// An object or an array of schemas.
void SchemaTurner::schemas(std::string_view value) {
  const bool object = value.starts_with('{');
  bool first = true;
  out_.push_back(object ? '{' : '[');
  for (const JsonSlice& member : json_members(value)) {
    out_.append(first ? "" : ",").append(member.key).append(":");
    first = false;
    schema(member.value);
  }
  for (const std::string_view each : json_elements(value)) {
    out_.append(first ? "" : ",");
    first = false;
    schema(each);
  }
  out_.push_back(object ? '}' : ']');
}

// An order that is the one of the properties themselves says nothing more.
void SchemaTurner::order(std::string_view order, std::string_view properties) {
  const auto names = json_elements(order);
  const auto members = json_members(properties);
  const bool same =
      std::equal(names.begin(), names.end(), members.begin(), members.end(),
                 [](std::string_view name, const JsonSlice& member) { return json_text(name) == member.name; });
  if (!same)
    faults_.push_back({order, "asks for an order that is not the one of the properties; write them in it", true});
}

}  // namespace

void append_json_schema(std::string_view gemini, std::string* out, std::vector<Untranslatable>* faults) {
  SchemaTurner(out, faults).schema(gemini);
}

}  // namespace br

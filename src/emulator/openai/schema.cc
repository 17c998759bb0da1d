// platform.openai.com/docs/guides/structured-outputs, "Supported schemas"; docs.x.ai, "Structured Outputs".
#include "emulator/openai/schema.h"

#include <algorithm>
#include <vector>

#include "emulator/base/words.h"

namespace br::emulator {
namespace {

bool is_object_type(const json::Value& schema) {
  const json::Value* const type = json::member(schema, "type");
  if (type != nullptr && type->IsArray()) {
    return std::any_of(type->Begin(), type->End(),
                       [](const json::Value& each) { return each.IsString() && json::view(each) == "object"; });
  }
  return json::string_member(schema, "type") == "object";
}

// What OpenAI says of the place of a mistake.
std::string in_context(const std::string& place) { return "In context=(" + place + "), "; }

std::string deeper(const std::string& place, std::string_view name) {
  return place + (place.empty() ? "'" : ", '") + std::string(name) + "'";
}

class Judge {
 public:
  explicit Judge(SchemaTaste taste) : strict_(taste == SchemaTaste::kStrict) {}
  std::string problem(const json::Value& schema, const std::string& place) const;

 private:
  std::string strict_problem(const json::Value& schema, const std::string& place) const;
  std::string xai_problem(const json::Value& schema) const;
  std::string below(const json::Value& schema, const std::string& place) const;

  bool strict_;
};

std::string Judge::strict_problem(const json::Value& schema, const std::string& place) const {
  for (const auto& field : schema.GetObject()) {
    const std::string_view name = json::view(field.name);
    if (!is_one_of(name, {"type",
                          "properties",
                          "required",
                          "additionalProperties",
                          "items",
                          "minItems",
                          "maxItems",
                          "enum",
                          "const",
                          "anyOf",
                          "$ref",
                          "$defs",
                          "definitions",
                          "title",
                          "description",
                          "pattern",
                          "format",
                          "minimum",
                          "maximum",
                          "exclusiveMinimum",
                          "exclusiveMaximum",
                          "multipleOf",
                          "$schema"})) {
      return in_context(place) + "'" + std::string(name) + "' is not permitted.";
    }
    if (name == "format" &&
        !is_one_of(json::string_member(schema, "format"),
                   {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})) {
      return in_context(place) + "'" + std::string(json::string_member(schema, "format")) + "' is not a valid format.";
    }
    if (name == "$ref" && schema.MemberCount() > 1) return in_context(place) + "$ref cannot have keywords beside it.";
  }
  const bool says = json::member(schema, "type") != nullptr || json::member(schema, "anyOf") != nullptr ||
                    json::member(schema, "$ref") != nullptr || json::member(schema, "enum") != nullptr;
  if (!says) return in_context(place) + "schema must have a 'type' key.";
  if (!is_object_type(schema)) return {};
  const json::Value* const more = json::member(schema, "additionalProperties");
  if (more == nullptr || !more->IsFalse()) {
    return in_context(place) + "'additionalProperties' is required to be supplied and to be false.";
  }
  const json::Value* const properties = json::member(schema, "properties");
  const json::Value* const required = json::member(schema, "required");
  if (properties == nullptr || !properties->IsObject()) return {};
  for (const auto& each : properties->GetObject()) {
    const bool named = required != nullptr && required->IsArray() &&
                       std::any_of(required->Begin(), required->End(), [&](const json::Value& one) {
                         return one.IsString() && json::view(one) == json::view(each.name);
                       });
    if (!named) {
      return in_context(place) +
             "'required' is required to be supplied and to be an array including every key in properties. Missing '" +
             std::string(json::view(each.name)) + "'.";
    }
  }
  return {};
}

std::string Judge::xai_problem(const json::Value& schema) const {
  for (const char* name : {"minContains", "maxContains"}) {
    if (json::member(schema, name) != nullptr) return std::string(name) + " is not supported";
  }
  for (const char* name : {"enum", "anyOf"}) {
    const json::Value* const all = json::member(schema, name);
    if (all != nullptr && (!all->IsArray() || all->Empty())) return std::string(name) + " must have a variant";
  }
  const json::Value* const items = json::member(schema, "items");
  return items != nullptr && items->IsArray() ? "items must be a schema; use prefixItems" : "";
}

std::string Judge::below(const json::Value& schema, const std::string& place) const {
  std::string out;
  for (const auto& field : schema.GetObject()) {
    const std::string_view name = json::view(field.name);
    const std::string here = deeper(place, name);
    if (is_one_of(name, {"properties", "$defs", "definitions"}) && field.value.IsObject()) {
      for (const auto& each : field.value.GetObject()) {
        if (out.empty()) out = problem(each.value, deeper(here, json::view(each.name)));
      }
    } else if (is_one_of(name, {"anyOf", "oneOf", "allOf", "prefixItems"}) && field.value.IsArray()) {
      for (rapidjson::SizeType i = 0; i < field.value.Size() && out.empty(); ++i) {
        out = problem(field.value[i], deeper(here, std::to_string(i)));
      }
    } else if (name == "items" && out.empty()) {
      out = problem(field.value, here);
    }
    if (!out.empty()) break;
  }
  return out;
}

std::string Judge::problem(const json::Value& schema, const std::string& place) const {
  if (!schema.IsObject()) return in_context(place) + "schema must be an object.";
  std::string out = strict_ ? strict_problem(schema, place) : xai_problem(schema);
  return out.empty() ? below(schema, place) : out;
}

bool is_asked_for(SchemaTaste taste, const json::Value& around) {
  if (taste == SchemaTaste::kXai) return true;
  const json::Value* const strict = json::member(around, "strict");
  return taste == SchemaTaste::kStrict && strict != nullptr && strict->IsTrue();
}

std::string judged(SchemaTaste taste, const json::Value& around, std::string_view name) {
  const json::Value* const schema = json::member(around, name);
  return schema == nullptr || !is_asked_for(taste, around) ? std::string() : schema_problem(taste, *schema);
}

}  // namespace

std::string schema_problem(SchemaTaste taste, const json::Value& schema) {
  if (taste == SchemaTaste::kAny) return {};
  if (taste == SchemaTaste::kStrict &&
      (json::string_member(schema, "type") != "object" || json::member(schema, "anyOf") != nullptr)) {
    return in_context("") + "schema must be a JSON Schema of 'type: \"object\"', without anyOf.";
  }
  return Judge(taste).problem(schema, "");
}

std::string body_schema_problem(SchemaTaste taste, const json::Value& body, std::string* param) {
  *param = "response_format";
  if (const json::Value* const format = json::member(body, "response_format"); format != nullptr) {
    const json::Value* const inner = json::member(*format, "json_schema");
    std::string problem = inner == nullptr ? std::string() : judged(taste, *inner, "schema");
    if (!problem.empty()) return "Invalid schema for response_format: " + problem;
  }
  if (const json::Value* const text = json::member(body, "text"); text != nullptr) {
    const json::Value* const format = json::member(*text, "format");
    std::string problem = format == nullptr ? std::string() : judged(taste, *format, "schema");
    *param = "text.format.schema";
    if (!problem.empty()) return "Invalid schema for text.format: " + problem;
  }
  const json::Value* const tools = json::member(body, "tools");
  if (tools == nullptr || !tools->IsArray()) return {};
  for (rapidjson::SizeType i = 0; i < tools->Size(); ++i) {
    const json::Value* const function = json::member((*tools)[i], "function");
    const json::Value& around = function != nullptr ? *function : (*tools)[i];
    std::string problem = judged(taste, around, "parameters");
    *param = "tools[" + std::to_string(i) + "].function.parameters";
    if (!problem.empty())
      return "Invalid schema for function '" + std::string(json::string_member(around, "name")) + "': " + problem;
  }
  return {};
}

}  // namespace br::emulator

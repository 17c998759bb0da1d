#include "emulator/google/schema.h"

#include <algorithm>

#include "emulator/base/parameters.h"
#include "emulator/base/words.h"
#include "emulator/google/rows.h"

namespace br::emulator {
namespace {

// From the discovery document of v1beta: an int64 is a text or a number.
constexpr unsigned kCount = kString | kInteger;
constexpr Parameter kSchema[] = {
    {"type", kString},        {"format", kString},       {"title", kString},
    {"description", kString}, {"nullable", kBoolean},    {"enum", kArray},
    {"maxItems", kCount},     {"minItems", kCount},      {"properties", kObject},
    {"required", kArray},     {"minProperties", kCount}, {"maxProperties", kCount},
    {"minLength", kCount},    {"maxLength", kCount},     {"pattern", kString},
    {"example", kAny},        {"anyOf", kArray},         {"propertyOrdering", kArray},
    {"default", kAny},        {"items", kObject},        {"minimum", kNumber},
    {"maximum", kNumber},
};
constexpr Parameter kFunction[] = {
    {"name", kString},     {"description", kString}, {"parameters", kObject},      {"parametersJsonSchema", kAny},
    {"response", kObject}, {"behavior", kString},    {"responseJsonSchema", kAny},
};

std::string in_capitals(std::string_view word) {
  std::string out(word);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

std::string members_problem(std::span<const Parameter> known, const json::Value& object, const std::string& place) {
  for (const auto& field : object.GetObject()) {
    const std::string name(json::view(field.name));
    // Only the camel-case name and its snake-case twin are the same field.
    const bool found = std::any_of(known.begin(), known.end(), [&](const Parameter& each) {
      return google_member(object, each.name) == &field.value && misfit(&each, field.value) != Misfit::kType;
    });
    if (found) continue;
    const bool named = std::any_of(known.begin(), known.end(), [&](const Parameter& each) {
      return google_member(object, each.name) == &field.value;
    });
    if (named) return "Invalid value at '" + place + "." + name + "'";
    return "Invalid JSON payload received. Unknown name \"" + name + "\" at '" + place + "': Cannot find field.";
  }
  return {};
}

std::string values_problem(const json::Value& schema, const std::string& type, const std::string& place) {
  if (const json::Value* const values = google_member(schema, "enum"); values != nullptr) {
    if (!type.empty() && type != "STRING") return "* " + place + ".enum: only allowed for STRING type";
    for (const json::Value& each : values->GetArray()) {
      if (!each.IsString()) return "Invalid value at '" + place + ".enum[0]' (TYPE_STRING)";
      if (each.GetStringLength() == 0) return "* " + place + ".enum[0]: cannot be empty";
    }
  }
  const json::Value* const format = google_member(schema, "format");
  if (format != nullptr && type == "STRING" && !is_one_of(json::view(*format), {"enum", "date-time"})) {
    return "* " + place + ".format: only 'enum' and 'date-time' are supported for STRING type";
  }
  return {};
}

std::string object_problem(const json::Value& schema, const std::string& type, const std::string& place) {
  const json::Value* const properties = google_member(schema, "properties");
  if (type == "OBJECT" && (properties == nullptr || properties->ObjectEmpty())) {
    return "* " + place + ".properties: should be non-empty for OBJECT type";
  }
  if (properties != nullptr) {
    for (const auto& each : properties->GetObject()) {
      std::string problem =
          google_schema_problem(each.value, place + ".properties[" + std::string(json::view(each.name)) + "]");
      if (!problem.empty()) return problem;
    }
  }
  const json::Value* const required = google_member(schema, "required");
  if (required == nullptr) return {};
  for (const json::Value& name : required->GetArray()) {
    if (!name.IsString() || properties == nullptr || json::member(*properties, json::view(name)) == nullptr) {
      return "* " + place + ".required: property is not defined";
    }
  }
  return {};
}

}  // namespace

std::string google_schema_problem(const json::Value& schema, const std::string& place) {
  if (!schema.IsObject()) return "Invalid value at '" + place + "'";
  std::string problem = members_problem(kSchema, schema, place);
  if (!problem.empty()) return problem;
  const json::Value* const any = google_member(schema, "anyOf");
  const std::string type = in_capitals(json::string_member(schema, "type"));
  if (type.empty() && any == nullptr) return "* " + place + ": schema didn't specify the schema type field";
  if (!type.empty() && !is_one_of(type, {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"})) {
    return "Invalid value at '" + place + ".type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), \"" +
           std::string(json::string_member(schema, "type")) + "\"";
  }
  if (any != nullptr) {
    if (any->Empty()) return "* " + place + ".any_of: must not be empty";
    for (rapidjson::SizeType i = 0; i < any->Size(); ++i) {
      problem = google_schema_problem((*any)[i], place + ".any_of[" + std::to_string(i) + "]");
      if (!problem.empty()) return problem;
    }
  }
  problem = values_problem(schema, type, place);
  if (problem.empty()) problem = object_problem(schema, type, place);
  if (!problem.empty()) return problem;
  const json::Value* const items = google_member(schema, "items");
  if (items != nullptr) return google_schema_problem(*items, place + ".items");
  return type == "ARRAY" ? "* " + place + ".items: missing field." : std::string();
}

std::string google_tools_problem(const json::Value& tools, const std::string& place) {
  for (rapidjson::SizeType i = 0; i < tools.Size(); ++i) {
    const json::Value* const functions = google_member(tools[i], "functionDeclarations");
    if (functions == nullptr) continue;
    const std::string at = place + "[" + std::to_string(i) + "].function_declarations";
    if (!functions->IsArray()) return "Invalid value at '" + at + "'";
    for (rapidjson::SizeType k = 0; k < functions->Size(); ++k) {
      const json::Value& function = (*functions)[k];
      const std::string here = at + "[" + std::to_string(k) + "]";
      if (!function.IsObject()) return "Invalid value at '" + here + "'";
      std::string problem = members_problem(kFunction, function, here);
      const json::Value* const parameters = google_member(function, "parameters");
      if (problem.empty() && json::string_member(function, "name").empty()) problem = "* " + here + ".name: required";
      if (problem.empty() && parameters != nullptr) {
        if (google_member(function, "parametersJsonSchema") != nullptr) {
          return "* " + here + ": only one of parameters and parameters_json_schema may be set";
        }
        problem = google_schema_problem(*parameters, here + ".parameters");
      }
      if (!problem.empty()) return problem;
    }
  }
  return {};
}

}  // namespace br::emulator

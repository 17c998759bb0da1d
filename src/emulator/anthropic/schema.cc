// platform.claude.com/docs/en/build-with-claude/structured-outputs, "JSON Schema limitations".
#include "emulator/anthropic/schema.h"

#include <algorithm>
#include <vector>

#include "emulator/base/words.h"

namespace br::emulator {
namespace {

class Judge {
 public:
  explicit Judge(const json::Value& root) : root_(root) {}
  std::string problem(const json::Value& schema);

 private:
  std::string keyword_problem(std::string_view name, const json::Value& value);
  std::string below(std::string_view name, const json::Value& value);
  std::string reference_problem(const json::Value& value);
  const json::Value* target(std::string_view reference) const;

  const json::Value& root_;
  std::vector<std::string_view> open_;
};

const json::Value* Judge::target(std::string_view reference) const {
  for (const char* home : {"$defs", "definitions"}) {
    const std::string head = "#/" + std::string(home) + "/";
    const json::Value* const all = json::member(root_, home);
    if (all != nullptr && reference.starts_with(head)) return json::member(*all, reference.substr(head.size()));
  }
  return nullptr;
}

std::string Judge::reference_problem(const json::Value& value) {
  const std::string_view name = value.IsString() ? json::view(value) : std::string_view();
  const json::Value* const there = target(name);
  if (there == nullptr) return "$ref '" + std::string(name) + "' is not supported";
  if (std::find(open_.begin(), open_.end(), name) != open_.end())
    return "Circular reference detected: " + std::string(name);
  open_.push_back(name);
  std::string out = problem(*there);
  open_.pop_back();
  return out;
}

std::string Judge::below(std::string_view name, const json::Value& value) {
  if (name == "items") return problem(value);
  const bool map = is_one_of(name, {"properties", "$defs", "definitions"});
  if (map && !value.IsObject()) return std::string(name) + " should be an object";
  if (!map && !value.IsArray()) return std::string(name) + " should be a list";
  std::string out;
  if (map) {
    for (const auto& each : value.GetObject()) {
      if (out.empty()) out = problem(each.value);
    }
  } else {
    for (const json::Value& each : value.GetArray()) {
      if (out.empty() && name == "allOf" && json::member(each, "$ref") != nullptr)
        out = "allOf with $ref is not supported";
      if (out.empty()) out = problem(each);
    }
  }
  return out;
}

std::string Judge::keyword_problem(std::string_view name, const json::Value& value) {
  if (is_one_of(name, {"properties", "$defs", "definitions", "items", "anyOf", "allOf"})) return below(name, value);
  if (name == "$ref") return reference_problem(value);
  if (is_one_of(name, {"type", "required", "const", "title", "description", "default"})) return {};
  if (name == "additionalProperties") {
    return value.IsFalse() ? "" : "For 'object' type, 'additionalProperties' must be explicitly set to false";
  }
  if (name == "minItems") {
    const bool small = value.IsUint() && value.GetUint() <= 1;
    return small ? "" : "For 'array' type, 'minItems' values other than 0 or 1 are not supported";
  }
  if (name == "format") {
    const bool known =
        value.IsString() && is_one_of(json::view(value), {"date-time", "time", "date", "duration", "email", "hostname",
                                                          "uri", "ipv4", "ipv6", "uuid"});
    return known ? "" : "String format is not supported";
  }
  if (name == "pattern") {
    const std::string_view text = value.IsString() ? json::view(value) : std::string_view();
    for (const char* bad : {"(?=", "(?!", "(?<", "\\b", "\\B", "\\1"}) {
      if (text.find(bad) != std::string_view::npos) return "The pattern is not supported: " + std::string(text);
    }
    return {};
  }
  if (name == "enum") {
    if (!value.IsArray() || value.Empty()) return "enum should be a list of values";
    for (const json::Value& each : value.GetArray()) {
      if (each.IsObject() || each.IsArray()) return "Complex types in enum are not supported";
    }
    return {};
  }
  return "property '" + std::string(name) + "' is not supported";
}

std::string Judge::problem(const json::Value& schema) {
  if (!schema.IsObject()) return "Schema should be an object";
  for (const auto& field : schema.GetObject()) {
    std::string out = keyword_problem(json::view(field.name), field.value);
    if (!out.empty()) return out;
  }
  const json::Value* const type = json::member(schema, "type");
  bool object = json::member(schema, "properties") != nullptr;
  if (type != nullptr && type->IsString()) object = object || json::view(*type) == "object";
  if (type != nullptr && type->IsArray()) {
    for (const json::Value& each : type->GetArray())
      object = object || (each.IsString() && json::view(each) == "object");
  }
  const json::Value* const more = json::member(schema, "additionalProperties");
  if (object && more == nullptr) return "For 'object' type, 'additionalProperties' must be explicitly set to false";
  const bool says = type != nullptr || std::any_of(schema.MemberBegin(), schema.MemberEnd(), [](const auto& field) {
                      return is_one_of(json::view(field.name), {"anyOf", "allOf", "$ref", "enum", "const"});
                    });
  return says ? "" : "Schema must have a 'type', 'anyOf' or 'allOf' field";
}

}  // namespace

std::string claude_schema_problem(const json::Value& schema) { return Judge(schema).problem(schema); }

}  // namespace br::emulator

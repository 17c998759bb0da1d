#include "providers/schema/schema_document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace br {
namespace {

// Of these the outer schema's counts; they say nothing about which values are good.
bool is_annotation(std::string_view keyword) {
  static constexpr std::array<std::string_view, 11> kAnnotations = {
      "title",    "description", "default",    "examples", "example", "$comment",
      "readOnly", "writeOnly",   "deprecated", "$schema",  "$id"};
  return std::find(kAnnotations.begin(), kAnnotations.end(), keyword) != kAnnotations.end();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// One step of a JSON pointer in a fragment: %41 is A, ~1 is /, ~0 is ~.
std::string plain_step(std::string_view step) {
  std::string bytes, out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    const bool escape =
        step[i] == '%' && i + 2 < step.size() && hex_digit(step[i + 1]) >= 0 && hex_digit(step[i + 2]) >= 0;
    bytes.push_back(escape ? static_cast<char>(hex_digit(step[i + 1]) * 16 + hex_digit(step[i + 2])) : step[i]);
    if (escape) i += 2;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool escape = bytes[i] == '~' && i + 1 < bytes.size() && (bytes[i + 1] == '0' || bytes[i + 1] == '1');
    out.push_back(!escape ? bytes[i] : bytes[i + 1] == '1' ? '/' : '~');
    if (escape) ++i;
  }
  return out;
}

const Json* step_into(const Json& json, const std::string& step) {
  if (json.is_array()) {
    std::size_t index = 0;
    const auto read = std::from_chars(step.data(), step.data() + step.size(), index);
    if (read.ec != std::errc() || read.ptr != step.data() + step.size()) return nullptr;
    return index < json.items().size() ? &json.items()[index] : nullptr;
  }
  for (const auto& [name, value] : json.fields()) {
    if (name == step) return &value;
  }
  return nullptr;
}

// The references anywhere below, those that the texts "$ref" of enums and defaults would be taken for included: they
// lead nowhere.
void collect_references(const Json& json, std::vector<std::string_view>* out) {
  for (const auto& [name, value] : json.fields()) {
    if (name == "$ref" && value.is_string())
      out->push_back(value.string());
    else
      collect_references(value, out);
  }
  for (const Json& item : json.items()) collect_references(item, out);
}

// The one type that a schema names, or what its const is; empty where there is none or several.
std::string_view only_type(const Json& schema) {
  if (schema["type"].is_string()) return schema["type"].string();
  switch (schema["const"].type()) {
    case Json::Type::string:
      return "string";
    case Json::Type::boolean:
      return "boolean";
    case Json::Type::null:
      return "null";
    default:
      return {};
  }
}

// The values that a schema allows, where it names them all.
std::optional<std::vector<std::string_view>> values_of(const Json& schema) {
  std::vector<std::string_view> values;
  if (schema["const"].type() != Json::Type::missing)
    values.push_back(schema["const"].raw());
  else if (schema["enum"].is_array())
    for (const Json& each : schema["enum"].items()) values.push_back(each.raw());
  else
    return std::nullopt;
  return values;
}

bool values_apart(const Json& one, const Json& other) {
  const auto left = values_of(one), right = values_of(other);
  if (!left || !right) return false;
  // Texts alone: numbers have several spellings.
  const auto plain = [](std::string_view raw) {
    return raw.front() == '"' && raw.find('\\') == std::string_view::npos;
  };
  return std::all_of(left->begin(), left->end(), plain) && std::all_of(right->begin(), right->end(), plain) &&
         std::none_of(left->begin(), left->end(),
                      [&](std::string_view each) { return std::count(right->begin(), right->end(), each) > 0; });
}

bool requires_property(const Json& schema, std::string_view name) {
  const auto& names = schema["required"].items();
  return std::any_of(names.begin(), names.end(), [&](const Json& each) { return each.string() == name; });
}

}  // namespace

const SchemaField* FlatSchema::find(std::string_view keyword) const {
  const auto at = std::find_if(fields.begin(), fields.end(), [&](const SchemaField& f) { return f.name == keyword; });
  return at == fields.end() ? nullptr : &*at;
}

SchemaDocument::SchemaDocument(const SchemaRules& rules, std::string_view text, std::string at, RewrittenSchema* result)
    : rules_(rules), root_(Json::parse(text)), at_(std::move(at)), result_(result) {}

std::string SchemaDocument::path(const SchemaPlace* at) const {
  std::vector<const SchemaPlace*> way;
  for (; at != nullptr && at != &root_place_; at = at->parent) way.push_back(at);
  std::string text = at_;
  for (auto each = way.rbegin(); each != way.rend(); ++each) {
    if ((*each)->name.data() == nullptr)
      text.append("[").append(std::to_string((*each)->index)).push_back(']');
    else
      text.append(".").append((*each)->name);
  }
  return text;
}

void SchemaDocument::fault(const SchemaPlace* at, const Json& value, std::string why, std::string fix, bool whole) {
  const std::size_t offset = static_cast<std::size_t>(value.raw().data() - root_->raw().data());
  result_->faults.push_back({path(at), std::move(why), std::move(fix), offset, whole});
}

void SchemaDocument::refuse(const SchemaField& field, std::string_view note) {
  std::string why = "cannot be told \"" + std::string(field.name) + "\" in a schema";
  if (!note.empty()) why.append(" (").append(note).push_back(')');
  fault(field.place, *field.value, std::move(why), "remove it or say it in another way", false);
}

const Json* SchemaDocument::target(std::string_view reference) const {
  if (!reference.starts_with('#')) return nullptr;
  reference.remove_prefix(1);
  const Json* at = root_.get();
  while (at != nullptr && !reference.empty()) {
    if (!reference.starts_with('/')) return nullptr;
    reference.remove_prefix(1);
    const std::size_t end = std::min(reference.find('/'), reference.size());
    at = step_into(*at, plain_step(reference.substr(0, end)));
    reference.remove_prefix(end);
  }
  return at;
}

bool SchemaDocument::is_recursive(std::string_view reference) const {
  std::vector<std::string_view> open, seen;
  const Json* const start = target(reference);
  if (start == nullptr) return false;
  collect_references(*start, &open);
  while (!open.empty()) {
    const std::string_view next = open.back();
    open.pop_back();
    const Json* const there = target(next);
    if (there == start) return true;
    if (there == nullptr || std::count(seen.begin(), seen.end(), next) > 0) continue;
    seen.push_back(next);
    // A schema around the start holds it.
    if (there->raw().data() <= start->raw().data() && start->raw().data() < there->raw().data() + there->raw().size())
      return true;
    collect_references(*there, &open);
  }
  return false;
}

bool SchemaDocument::merges(std::string_view keyword) const {
  return schema_rule(rules_, keyword).action == SchemaAction::rewrite;
}

bool SchemaDocument::flatten(const Json& schema, const SchemaPlace* at, FlatSchema* flat) {
  if (schema.type() == Json::Type::boolean) {
    if (schema.boolean()) return true;
    fault(at, schema, "cannot be told a schema that no value fits", "remove it", true);
    return false;
  }
  if (!schema.is_object()) {
    fault(at, schema, "takes a schema here, an object", "write one", true);
    return false;
  }
  std::vector<SchemaField> later;
  const bool lone = schema.fields().size() == 1 && flat->fields.empty();
  for (const auto& [name, value] : schema.fields()) {
    const SchemaField field{name, &value, place(at, name)};
    const bool outermost = at == &root_place_ && rules_.object_root;
    const bool followed = name == "$ref" && value.is_string() &&
                          (rules_.inline_refs || outermost ||
                           (merges("$ref") && !lone && !is_recursive(value.string())));
    if (followed || (name == "allOf" && value.is_array() && merges("allOf")))
      later.push_back(field);
    else if (!add(field, flat))
      return false;
  }
  return std::all_of(later.begin(), later.end(), [&](const SchemaField& field) {
    return field.name == "$ref" ? add_reference(field, flat) : add_all_of(field, flat);
  });
}

void SchemaDocument::leave(FlatSchema* flat) {
  open_.resize(open_.size() - flat->followed);
  flat->followed = 0;
}

bool SchemaDocument::add_reference(const SchemaField& field, FlatSchema* flat) {
  const std::string_view reference = field.value->string();
  const Json* const there = target(reference);
  if (there == nullptr) {
    fault(field.place, *field.value,
          "is told no schema by \"" + std::string(reference) + "\", which is not in this one", "give it in $defs",
          true);
    return false;
  }
  const bool again = std::any_of(open_.begin(), open_.end(), [&](const auto& each) { return each.second == there; });
  if (again || there == root_.get()) {
    fault(field.place, *field.value, "cannot be told a schema that holds itself",
          "write out as many levels as you need", true);
    return false;
  }
  open_.emplace_back(reference, there);
  ++flat->followed;
  // Where it lies is where its faults are.
  const SchemaPlace* at = &root_place_;
  std::string_view way = reference.substr(reference.starts_with("#/") ? 2 : 1);
  while (!way.empty()) {
    const std::size_t end = std::min(way.find('/'), way.size());
    at = place(at, way.substr(0, end));
    way.remove_prefix(std::min(way.size(), end + 1));
  }
  return flatten(*there, at, flat);
}

bool SchemaDocument::add_all_of(const SchemaField& field, FlatSchema* flat) {
  for (std::size_t i = 0; i < field.value->items().size(); ++i) {
    if (!flatten(field.value->items()[i], place(field.place, i), flat)) return false;
  }
  return true;
}

bool SchemaDocument::add(const SchemaField& field, FlatSchema* flat) {
  const SchemaField* const known = flat->find(field.name);
  if (field.name == "properties" && field.value->is_object()) {
    for (const auto& [name, value] : field.value->fields()) {
      const auto same = std::find_if(flat->properties.begin(), flat->properties.end(),
                                     [&, n = name](const SchemaField& each) { return each.name == n; });
      if (same == flat->properties.end())
        flat->properties.push_back({name, &value, place(field.place, name)});
      else if (same->value->raw() != value.raw()) {
        fault(field.place, value, "cannot be told two schemas of the property " + std::string(name), "make them one",
              true);
        return false;
      }
    }
  } else if (field.name == "required") {
    for (const Json& name : field.value->items()) {
      if (name.is_string() && std::count(flat->required.begin(), flat->required.end(), name.string()) == 0)
        flat->required.push_back(name.string());
    }
  } else if (known != nullptr && !is_annotation(field.name) && known->value->raw() != field.value->raw()) {
    fault(field.place, *field.value, "cannot be told two values of \"" + std::string(field.name) + "\" for one schema",
          "make them one", true);
    return false;
  }
  if (known == nullptr) flat->fields.push_back(field);
  if (field.name == "properties") ++flat->objects;
  // A part that allows no other properties would forbid those of the others.
  if (flat->objects < 2 || flat->find("additionalProperties") == nullptr) return true;
  fault(field.place, *field.value, "cannot be told additionalProperties beside the properties of another schema",
        "make them one schema", true);
  return false;
}

bool SchemaDocument::disjoint(std::span<const Json> schemas) {
  for (std::size_t i = 0; i < schemas.size(); ++i) {
    for (std::size_t k = i + 1; k < schemas.size(); ++k) {
      if (!apart(schemas[i], schemas[k])) return false;
    }
  }
  return true;
}

bool SchemaDocument::apart(const Json& one, const Json& other) {
  const auto followed = [this](const Json& schema) -> const Json& {
    const Json* at = &schema;
    for (int i = 0; i < 8 && (*at)["$ref"].is_string() && target((*at)["$ref"].string()) != nullptr; ++i)
      at = target((*at)["$ref"].string());
    return *at;
  };
  const Json &left = followed(one), &right = followed(other);
  const std::string_view a = only_type(left), b = only_type(right);
  const bool numbers = (a == "integer" || a == "number") && (b == "integer" || b == "number");
  if (!a.empty() && !b.empty() && a != b && !numbers) return true;
  if (values_apart(left, right)) return true;
  // Objects that are told apart by a property that both must have.
  for (const auto& [name, value] : left["properties"].fields()) {
    if (requires_property(left, name) && requires_property(right, name) &&
        values_apart(value, right["properties"][name]) && a == "object" && b == "object")
      return true;
  }
  return false;
}

}  // namespace br

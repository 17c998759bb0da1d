// Schemas for vendors that take JSON Schema, or a part of it.
#include <algorithm>

#include "codec/json_write.h"
#include "codec/words.h"
#include "providers/schema/schema_writer.h"

namespace br {
namespace {

// How a keyword holds schemas.
enum class Holds { nothing, schema, list, map };
Holds holds(std::string_view keyword) {
  static constexpr std::string_view kSchemas[] = {"items",
                                                  "additionalProperties",
                                                  "not",
                                                  "if",
                                                  "then",
                                                  "else",
                                                  "contains",
                                                  "propertyNames",
                                                  "additionalItems",
                                                  "unevaluatedItems",
                                                  "unevaluatedProperties"};
  static constexpr std::string_view kLists[] = {"anyOf", "oneOf", "allOf", "prefixItems"};
  static constexpr std::string_view kMaps[] = {"properties", "$defs", "definitions", "patternProperties",
                                               "dependentSchemas"};
  if (is_one_of(keyword, kSchemas)) return Holds::schema;
  if (is_one_of(keyword, kLists)) return Holds::list;
  return is_one_of(keyword, kMaps) ? Holds::map : Holds::nothing;
}

std::string_view type_of_value(const Json& value) {
  switch (value.type()) {
    case Json::Type::string:
      return "string";
    case Json::Type::boolean:
      return "boolean";
    case Json::Type::null:
      return "null";
    case Json::Type::number:
      return value.raw().find_first_of(".eE") == std::string_view::npos ? "integer" : "number";
    default:
      return {};
  }
}

// The type that a schema without one can only have; empty where it may have several.
std::string_view implied_type(const FlatSchema& flat) {
  if (const SchemaField* one = flat.find("const")) return type_of_value(*one->value);
  if (const SchemaField* all = flat.find("enum")) {
    std::string_view type;
    for (const Json& each : all->value->items()) {
      if (!type.empty() && type_of_value(each) != type) return {};
      type = type_of_value(each);
    }
    return type;
  }
  if (flat.find("properties") != nullptr) return "object";
  return flat.find("items") != nullptr ? "array" : "";
}

bool has_type(const Json& type, std::string_view word) {
  if (type.string() == word) return true;
  return std::any_of(type.items().begin(), type.items().end(), [&](const Json& each) { return each.string() == word; });
}

class Writer {
 public:
  Writer(const SchemaRules& rules, SchemaDocument* document, std::string* out)
      : rules_(rules), document_(*document), out_(out) {}

  bool schema(const Json& json, const SchemaPlace* at);

 private:
  bool object(FlatSchema* flat, const SchemaPlace* at);
  bool keyword(const SchemaField& field, const FlatSchema& flat, SchemaObject* object);
  bool rewritten(const SchemaField& field, const FlatSchema& flat, SchemaObject* object);
  bool holding(const SchemaField& field, std::string_view name, const FlatSchema& flat, SchemaObject* object);
  bool properties(const FlatSchema& flat);
  bool reference(const SchemaField& field, SchemaObject* object);
  void required(const SchemaField* field, const FlatSchema& flat, SchemaObject* object);
  bool closed(const FlatSchema& flat) const;
  bool can_be_empty(const FlatSchema& flat, const SchemaPlace* at, const Json& json);
  bool told(const SchemaField& field) const;
  bool check_type(const FlatSchema& flat, const SchemaPlace* at, const Json& json, SchemaObject* object);
  bool check_root(const FlatSchema& flat, const Json& json);
  bool root_keyword(const SchemaField& field);
  bool is_root(const SchemaPlace* at) const { return at == document_.root_place(); }

  const SchemaRules& rules_;
  SchemaDocument& document_;
  std::string* out_;
  bool at_root_ = false;  // the keywords being written are those of the outermost schema
};

bool Writer::schema(const Json& json, const SchemaPlace* at) {
  if (out_->size() > kMaxSchemaBytes) {
    document_.fault(at, json, "cannot be told a schema this long once its references are written out",
                    "make it smaller", true);
    return false;
  }
  // Values that the walk knows how to lead through are objects; true stands for any value everywhere.
  if (json.type() == Json::Type::boolean && json.boolean() && !rules_.needs_type) {
    out_->append("{}");
    return true;
  }
  FlatSchema flat;
  const bool good = document_.flatten(json, at, &flat) && object(&flat, at);
  document_.leave(&flat);
  return good;
}

// What goes into the description instead.
bool Writer::told(const SchemaField& field) const {
  const KeywordRule rule = schema_rule(rules_, field.name);
  if (rule.action == SchemaAction::describe) return true;
  if (field.name == "format" && !rules_.formats.empty()) return !is_one_of(field.value->string(), rules_.formats);
  if (rule.action != SchemaAction::rewrite) return false;
  if (field.name == "minItems") return field.value->raw() != "0" && field.value->raw() != "1";
  return field.name == "pattern" && !is_simple_pattern(field.value->string());
}

bool Writer::closed(const FlatSchema& flat) const {
  if (!rules_.closed_objects || flat.find("additionalProperties") != nullptr) return false;
  const SchemaField* const type = flat.find("type");
  return type != nullptr ? has_type(*type->value, "object") : flat.find("properties") != nullptr;
}

// Closed, an object of which no property is named would always be {}.
bool Writer::can_be_empty(const FlatSchema& flat, const SchemaPlace* at, const Json& json) {
  if (flat.find("$ref") != nullptr || flat.find("enum") != nullptr || flat.find("const") != nullptr) return true;
  document_.fault(document_.place(at, "properties"), json, "takes objects of named properties only",
                  "name the properties", true);
  return false;
}

bool Writer::object(FlatSchema* flat, const SchemaPlace* at) {
  const Json& json = flat->fields.empty() ? *document_.root() : *flat->fields.front().value;
  const bool root = is_root(at);
  if (root && !check_root(*flat, json)) return false;
  std::vector<SchemaField> notes;
  for (const SchemaField& field : flat->fields) {
    if (told(field)) notes.push_back(field);
  }
  SchemaObject object(out_);
  if (!check_type(*flat, at, json, &object)) return false;
  for (const SchemaField& field : flat->fields) {
    at_root_ = root;
    if (field.name == "description" && !notes.empty()) continue;
    if (!told(field) && !keyword(field, *flat, &object)) return false;
  }
  if (rules_.all_required && flat->find("required") == nullptr && !flat->properties.empty())
    required(nullptr, *flat, &object);
  if (closed(*flat)) {
    if (!root && flat->properties.empty() && !can_be_empty(*flat, at, json)) return false;
    object.field("additionalProperties", "false");
  }
  if (!notes.empty()) {
    const SchemaField* const text = flat->find("description");
    append_json_string(described(text != nullptr ? text->value->string() : "", notes), object.begin("description"));
  }
  object.end();
  return true;
}

bool Writer::check_root(const FlatSchema& flat, const Json& json) {
  if (!rules_.object_root && !rules_.bare_root) return true;
  for (const std::string_view name : {"anyOf", "oneOf"}) {
    if (const SchemaField* const field = flat.find(name)) {
      document_.fault(field->place, *field->value,
                      "takes an object as the outermost schema, without " + std::string(name),
                      "give it as a property of an object", true);
      return false;
    }
  }
  const SchemaField* const type = flat.find("type");
  const bool object = type != nullptr ? type->value->string() == "object" : implied_type(flat) == "object";
  if (object || flat.find("$ref") != nullptr) return true;
  document_.fault(document_.place(document_.root_place(), "type"), json, "takes an object as the outermost schema",
                  "give it as a property of an object", true);
  return false;
}

bool Writer::check_type(const FlatSchema& flat, const SchemaPlace* at, const Json& json, SchemaObject* object) {
  if (!rules_.needs_type || flat.find("type") != nullptr) return true;
  for (const std::string_view name : {"anyOf", "oneOf", "$ref"}) {
    if (flat.find(name) != nullptr) return true;
  }
  const std::string_view type = implied_type(flat);
  if (!type.empty()) {
    append_json_string(type, object->begin("type"));
    return true;
  }
  if (flat.find("enum") != nullptr || flat.find("const") != nullptr) return true;
  document_.fault(document_.place(at, "type"), json, "takes no schema without a type", "name the type", true);
  return false;
}

// The outermost schema has type, properties and required alone; what only describes it is left out.
bool Writer::root_keyword(const SchemaField& field) {
  static constexpr std::string_view kTaken[] = {"type", "properties", "required"};
  static constexpr std::string_view kSilent[] = {"title",    "description", "$schema",     "$id",
                                                 "$comment", "$defs",       "definitions", "default",
                                                 "examples", "deprecated",  "readOnly",    "writeOnly"};
  if (is_one_of(field.name, kTaken)) return true;
  // The arguments of a call are those that the tool has.
  const bool closing = field.name == "additionalProperties" && field.value->type() == Json::Type::boolean;
  if (!closing && !is_one_of(field.name, kSilent))
    document_.refuse(field, "the outermost has type, properties and required");
  return false;
}

bool Writer::keyword(const SchemaField& field, const FlatSchema& flat, SchemaObject* object) {
  if (rules_.bare_root && at_root_ && !root_keyword(field)) return true;
  if (field.name == "required" && (rules_.closed_objects || flat.objects > 1)) {
    required(&field, flat, object);
    return true;
  }
  const KeywordRule rule = schema_rule(rules_, field.name);
  switch (rule.action) {
    case SchemaAction::keep:
      return holding(field, field.name, flat, object);
    case SchemaAction::rewrite:
      return rewritten(field, flat, object);
    case SchemaAction::describe:
    case SchemaAction::drop:
      return true;
    case SchemaAction::refuse:
      break;
  }
  document_.refuse(field, rule.note);
  return true;
}

bool Writer::rewritten(const SchemaField& field, const FlatSchema& flat, SchemaObject* object) {
  const Json& value = *field.value;
  if (field.name == "additionalProperties") {
    if (value.type() == Json::Type::boolean && !value.boolean())
      object->field(field.name, "false");
    else
      document_.refuse(field, "it takes false alone"), object->field(field.name, "false");
    return true;
  }
  if (field.name == "const") {
    object->begin("enum")->append("[").append(value.raw()).push_back(']');
    return true;
  }
  if (field.name == "$ref") return reference(field, object);
  if (field.name == "enum") {
    const bool plain = std::none_of(value.items().begin(), value.items().end(),
                                    [](const Json& each) { return each.is_object() || each.is_array(); });
    if (!plain || value.items().empty())
      document_.refuse(field, plain ? "it is empty" : "it holds objects or arrays");
    else
      object->field(field.name, value.raw());
    return true;
  }
  if (field.name == "oneOf") {
    if (document_.disjoint(value.items())) return holding(field, "anyOf", flat, object);
    document_.fault(field.place, value, "reads oneOf as anyOf, and a value may fit two of these schemas",
                    "use anyOf, or tell them apart by a type or a required property with a const", true);
    return false;
  }
  if (field.name == "anyOf" && value.items().empty()) {
    document_.refuse(field, "it is empty");
    return true;
  }
  if (field.name == "items" && value.is_array()) return holding(field, "prefixItems", flat, object);
  return holding(field, field.name, flat, object);
}

bool Writer::reference(const SchemaField& field, SchemaObject* object) {
  const std::string_view name = field.value->string();
  if (document_.target(name) == nullptr) {
    document_.fault(field.place, *field.value,
                    "is told no schema by \"" + std::string(name) + "\", which is not in this one", "give it in $defs",
                    true);
    return false;
  }
  if (!rules_.recursion && document_.is_recursive(name)) {
    document_.fault(field.place, *field.value, "cannot be told a schema that holds itself",
                    "write out as many levels as you need", true);
    return false;
  }
  object->field(field.name, field.value->raw());
  return true;
}

void Writer::required(const SchemaField* field, const FlatSchema& flat, SchemaObject* object) {
  std::string* const out = object->begin("required");
  out->push_back('[');
  std::size_t count = 0;
  for (const std::string_view name : flat.required) {
    const bool known = std::any_of(flat.properties.begin(), flat.properties.end(),
                                   [&](const SchemaField& each) { return each.name == name; });
    if (known || !rules_.closed_objects)
      append_json_string(name, &out->append(count++ > 0 ? "," : ""));
    else
      document_.refuse(*field, "\"" + std::string(name) + "\" is not one of the properties");
  }
  for (const SchemaField& property : flat.properties) {
    if (!rules_.all_required || std::count(flat.required.begin(), flat.required.end(), property.name) > 0) continue;
    const SchemaPlace* const at =
        field != nullptr ? field->place : document_.place(property.place->parent->parent, "required");
    document_.fault(
        at, field != nullptr ? *field->value : *property.value,
        "with strict true takes no optional property, and \"" + std::string(property.name) + "\" is not in required",
        "require it, with a type that may be null, or set strict to false", false);
    append_json_string(property.name, &out->append(count++ > 0 ? "," : ""));
  }
  out->push_back(']');
}

bool Writer::properties(const FlatSchema& flat) {
  SchemaObject map(out_);
  for (const SchemaField& each : flat.properties) {
    map.begin(each.name);
    if (!schema(*each.value, each.place)) return false;
  }
  map.end();
  return true;
}

bool Writer::holding(const SchemaField& field, std::string_view name, const FlatSchema& flat, SchemaObject* object) {
  const Json& value = *field.value;
  const Holds kind = holds(name);
  std::string* const out = object->begin(name);
  if (field.name == "properties" && value.is_object()) return properties(flat);
  if (kind == Holds::schema && value.is_object()) return schema(value, field.place);
  if (kind == Holds::map && value.is_object()) {
    SchemaObject map(out);
    for (const auto& [key, each] : value.fields()) {
      map.begin(key);
      if (!schema(each, document_.place(field.place, key))) return false;
    }
    map.end();
    return true;
  }
  if (kind != Holds::list || !value.is_array()) {
    out->append(value.raw());
    return true;
  }
  out->push_back('[');
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    if (i > 0) out->push_back(',');
    if (!schema(value.items()[i], document_.place(field.place, i))) return false;
  }
  out->push_back(']');
  return true;
}

}  // namespace

bool write_json_schema(const SchemaRules& rules, SchemaDocument* document, std::string* out) {
  return Writer(rules, document, out).schema(*document->root(), document->root_place());
}

}  // namespace br

// Schemas in Google's form: OpenAPI's Schema object, whose every member is known, whose types are single words in
// capitals and whose int64 members are texts.
#include <algorithm>
#include <charconv>
#include <optional>

#include "codec/json_write.h"
#include "providers/schema/schema_writer.h"

namespace br {
namespace {

using Type = Json::Type;

constexpr std::string_view kTypes[] = {"string", "number", "integer", "boolean", "array", "object", "null"};

// The types whose values a keyword speaks of; of others it says nothing.
struct Meant {
  std::string_view keyword, types;
};
constexpr Meant kMeant[] = {
    {"minLength", "string"},
    {"maxLength", "string"},
    {"pattern", "string"},
    {"minimum", "integer number"},
    {"maximum", "integer number"},
    {"exclusiveMinimum", "integer number"},
    {"multipleOf", "integer number"},
    {"exclusiveMaximum", "integer number"},
    {"items", "array"},
    {"minItems", "array"},
    {"maxItems", "array"},
    {"uniqueItems", "array"},
    {"prefixItems", "array"},
    {"additionalItems", "array"},
    {"contains", "array"},
    {"minContains", "array"},
    {"maxContains", "array"},
    {"unevaluatedItems", "array"},
    {"properties", "object"},
    {"required", "object"},
    {"minProperties", "object"},
    {"maxProperties", "object"},
    {"additionalProperties", "object"},
    {"patternProperties", "object"},
    {"propertyNames", "object"},
    {"dependentRequired", "object"},
    {"dependentSchemas", "object"},
    {"dependencies", "object"},
    {"propertyOrdering", "object"},
    {"unevaluatedProperties", "object"},
};

bool is_about(std::string_view keyword, std::string_view type) {
  const auto at =
      std::find_if(std::begin(kMeant), std::end(kMeant), [&](const Meant& m) { return m.keyword == keyword; });
  return at == std::end(kMeant) || at->types.find(type) != std::string_view::npos;
}

bool is_count(std::string_view keyword) {
  static constexpr std::string_view kCounts[] = {"minLength", "maxLength",     "minItems",
                                                 "maxItems",  "minProperties", "maxProperties"};
  return std::find(std::begin(kCounts), std::end(kCounts), keyword) != std::end(kCounts);
}

std::string lower(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string upper(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

// The whole number that a JSON number is, whichever way it is written.
std::optional<std::int64_t> whole(const Json& value) {
  double number = 0;
  const std::string_view text = value.type() == Type::string ? value.string() : value.raw();
  std::int64_t exact = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), exact).ptr == text.data() + text.size() && !text.empty())
    return exact;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ptr != text.data() + text.size())
    return std::nullopt;
  constexpr double kMost = 9e15;
  if (number < -kMost || number > kMost || static_cast<double>(static_cast<std::int64_t>(number)) != number)
    return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::string_view google_type_of(const Json& value) {
  switch (value.type()) {
    case Type::string:
      return "string";
    case Type::boolean:
      return "boolean";
    case Type::null:
      return "null";
    case Type::number:
      return whole(value) ? "integer" : "number";
    default:
      return {};
  }
}

// What a schema says beside its own keywords: it may be null, and the description of the anyOf that it is one of.
struct Around {
  bool nullable = false;
  std::string_view description;
};

class GoogleWriter {
 public:
  GoogleWriter(const SchemaRules& rules, SchemaDocument* document, std::string* out)
      : rules_(rules), document_(*document), out_(out) {}

  bool schema(const Json& json, const SchemaPlace* at, const Around& around);

 private:
  using Types = std::vector<std::string>;

  bool any(const FlatSchema& flat, const SchemaPlace* at, const Json& json, Around around);
  bool alternatives(const FlatSchema& flat, const SchemaField& field, const SchemaPlace* at, Around around);
  bool typed(const FlatSchema& flat, const SchemaPlace* at, const Json& json, Around around);
  bool types_of(const FlatSchema& flat, const SchemaPlace* at, const Json& json, Types* types);
  bool one(const FlatSchema& flat, const std::string& type, const SchemaPlace* at, const Json& json,
           const Around& around);
  bool numbers(const FlatSchema& flat, const std::string& type, const std::vector<const Json*>& values,
               const Around& around);
  bool object(const FlatSchema& flat, const std::string& type, const SchemaPlace* at, const Json& json,
              const Around& around);
  bool complete(const FlatSchema& flat, const std::string& type, const SchemaPlace* at, const Json& json);
  bool keyword(const SchemaField& field, const FlatSchema& flat, const std::string& type, SchemaObject* object);
  void rewritten(const SchemaField& field, const FlatSchema& flat, const std::string& type, SchemaObject* object);
  void bound(const SchemaField& field, const FlatSchema& flat, const std::string& type, SchemaObject* object);
  void values(const SchemaField& field, const std::string& type, SchemaObject* object);
  void required(const SchemaField& field, const FlatSchema& flat, SchemaObject* object);
  bool told(const SchemaField& field, const std::string& type) const;
  bool fault(const SchemaPlace* at, std::string_view keyword, const Json& value, std::string why, std::string fix) {
    document_.fault(document_.place(at, keyword), value, std::move(why), std::move(fix), true);
    return false;
  }

  const SchemaRules& rules_;
  SchemaDocument& document_;
  std::string* out_;
};

// The values that an enum or a const names.
std::vector<const Json*> values_of(const FlatSchema& flat) {
  std::vector<const Json*> values;
  if (const SchemaField* one = flat.find("const"))
    values.push_back(one->value);
  else if (const SchemaField* all = flat.find("enum"))
    for (const Json& each : all->value->items()) values.push_back(&each);
  return values;
}

std::string_view text_of(const FlatSchema& flat, std::string_view keyword) {
  const SchemaField* const field = flat.find(keyword);
  return field == nullptr ? std::string_view() : field->value->string();
}

bool GoogleWriter::schema(const Json& json, const SchemaPlace* at, const Around& around) {
  if (out_->size() > kMaxSchemaBytes) {
    document_.fault(at, json, "cannot be told a schema this long once its references are written out",
                    "make it smaller", true);
    return false;
  }
  FlatSchema flat;
  const bool good = document_.flatten(json, at, &flat) && any(flat, at, json, around);
  document_.leave(&flat);
  return good;
}

bool GoogleWriter::any(const FlatSchema& flat, const SchemaPlace* at, const Json& json, Around around) {
  if (const SchemaField* const field = flat.find("nullable"))
    around.nullable = around.nullable || field->value->boolean();
  const SchemaField* field = flat.find("anyOf");
  if (field == nullptr) field = flat.find("oneOf");
  if (field == nullptr) return typed(flat, at, json, around);
  if (!field->value->is_array() || field->value->items().empty())
    return fault(at, field->name, *field->value, "takes a list of schemas here", "write them");
  if (field->name == "oneOf" && !document_.disjoint(field->value->items()))
    return fault(at, "oneOf", *field->value, "reads oneOf as anyOf, and a value may fit two of these schemas",
                 "use anyOf, or tell them apart by a type or a required property with a const");
  return alternatives(flat, *field, at, around);
}

// Vertex AI takes nothing beside anyOf, so each of its schemas says what stands beside it.
bool GoogleWriter::alternatives(const FlatSchema& flat, const SchemaField& field, const SchemaPlace* at, Around around) {
  std::vector<std::size_t> real;
  const std::vector<Json>& all = field.value->items();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].fields().size() == 1 && lower(all[i]["type"].string()) == "null")
      around.nullable = true;
    else
      real.push_back(i);
  }
  if (!text_of(flat, "description").empty()) around.description = text_of(flat, "description");
  if (real.empty()) return out_->append("{\"type\":\"NULL\"}"), true;
  if (real.size() > 1) out_->append("{\"anyOf\":[");
  for (std::size_t k = 0; k < real.size(); ++k) {
    if (k > 0) out_->push_back(',');
    FlatSchema each = flat;
    each.followed = 0;
    std::erase_if(each.fields, [&](const SchemaField& f) {
      return f.name == field.name || f.name == "description" || f.name == "title" || f.name == "default" ||
             f.name == "nullable";
    });
    const SchemaPlace* const place = document_.place(field.place, real[k]);
    // One of them may be null, that is enough.
    const Around inner{around.nullable && k == 0, around.description};
    const bool good = document_.flatten(all[real[k]], place, &each) && any(each, place, all[real[k]], inner);
    document_.leave(&each);
    if (!good) return false;
  }
  if (real.size() > 1) out_->append("]}");
  (void)at;
  return true;
}

bool GoogleWriter::types_of(const FlatSchema& flat, const SchemaPlace* at, const Json& json, Types* types) {
  const auto add = [types](std::string_view type) {
    if (!type.empty() && std::count(types->begin(), types->end(), type) == 0) types->emplace_back(type);
  };
  const SchemaField* const named = flat.find("type");
  if (named != nullptr) {
    if (named->value->is_string()) add(lower(named->value->string()));
    for (const Json& each : named->value->items()) add(lower(each.string()));
    for (const std::string& each : *types) {
      if (std::count(std::begin(kTypes), std::end(kTypes), each) == 0)
        return fault(at, "type", *named->value, "has no type \"" + each + "\" in a schema", "use a type of JSON");
    }
  } else {
    for (const Json* each : values_of(flat)) add(google_type_of(*each));
    if (types->empty() && flat.find("properties") != nullptr) add("object");
    if (types->empty() && flat.find("items") != nullptr) add("array");
  }
  return !types->empty() || fault(at, "type", json, "takes no schema without a type", "name the type");
}

bool GoogleWriter::typed(const FlatSchema& flat, const SchemaPlace* at, const Json& json, Around around) {
  Types types;
  if (!types_of(flat, at, json, &types)) return false;
  const std::vector<const Json*> values = values_of(flat);
  const auto is_null = [](const std::string& type) { return type == "null"; };
  const bool may_be_null = std::any_of(types.begin(), types.end(), is_null);
  const bool null_is_value = values.empty() || std::any_of(values.begin(), values.end(),
                                                           [](const Json* v) { return v->type() == Type::null; });
  std::erase_if(types, is_null);
  // "number" has the integers; a type of which no value is named has none.
  if (std::count(types.begin(), types.end(), "number") > 0) std::erase(types, "integer");
  if (!values.empty()) {
    std::erase_if(types, [&](const std::string& type) {
      return std::none_of(values.begin(), values.end(), [&](const Json* v) {
        return google_type_of(*v) == type || (type == "number" && v->type() == Type::number);
      });
    });
  }
  around.nullable = around.nullable || (may_be_null && null_is_value);
  if (types.empty() && around.nullable) return out_->append("{\"type\":\"NULL\"}"), true;
  if (types.empty()) return fault(at, "enum", json, "cannot be told a schema that no value fits", "mend it");
  if (types.size() == 1) return one(flat, types.front(), at, json, around);
  out_->append("{\"anyOf\":[");
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) out_->push_back(',');
    if (!one(flat, types[i], at, json, {around.nullable && i == 0, around.description})) return false;
  }
  out_->append("]}");
  return true;
}

bool GoogleWriter::one(const FlatSchema& flat, const std::string& type, const SchemaPlace* at, const Json& json,
                 const Around& around) {
  const bool number = type == "integer" || type == "number";
  const std::vector<const Json*> values = values_of(flat);
  if (!number || values.empty()) return object(flat, type, at, json, around);
  std::vector<const Json*> mine;
  for (const Json* each : values) {
    if (each->type() == Type::number && (type == "number" || whole(*each))) mine.push_back(each);
  }
  return numbers(flat, type, mine, around);
}

// Google's enum holds texts; a number is the only one between itself and itself.
bool GoogleWriter::numbers(const FlatSchema& flat, const std::string& type, const std::vector<const Json*>& values,
                     const Around& around) {
  if (values.size() > 1) out_->append("{\"anyOf\":[");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out_->push_back(',');
    SchemaObject object(out_);
    object.field("type", "\"" + upper(type) + "\"");
    std::string text = described(text_of(flat, "description"), {});
    if (!around.description.empty()) text = std::string(around.description) + (text.empty() ? "" : "\n\n") + text;
    if (!text.empty()) append_json_string(text, object.begin("description"));
    if (around.nullable && i == 0) object.field("nullable", "true");
    object.field("minimum", values[i]->raw());
    object.field("maximum", values[i]->raw());
    object.end();
  }
  if (values.size() > 1) out_->append("]}");
  return true;
}

bool GoogleWriter::told(const SchemaField& field, const std::string& type) const {
  if (field.name != "format") return schema_rule(rules_, field.name).action == SchemaAction::describe;
  const std::string_view format = field.value->string();
  if (type == "string") return format != "date-time" && format != "enum";
  if (type == "integer") return format != "int32" && format != "int64";
  return type != "number" || (format != "float" && format != "double");
}

// What the vendor asks of a type; a keyword that says it in a way the vendor does not take is named.
bool GoogleWriter::complete(const FlatSchema& flat, const std::string& type, const SchemaPlace* at, const Json& json) {
  const bool object = type == "object";
  if (object ? !flat.properties.empty() : type != "array" || flat.find("items") != nullptr) return true;
  for (const std::string_view name : {object ? "additionalProperties" : "prefixItems", "patternProperties"}) {
    const SchemaField* const other = flat.find(name);
    if (other == nullptr || other->value->type() == Type::boolean || !is_about(name, type)) continue;
    document_.fault(other->place, *other->value, "cannot be told \"" + std::string(name) + "\" in a schema",
                    object ? "name the properties, or use a list of objects with a key and a value"
                           : "use an object with a property for each element",
                    true);
    return false;
  }
  if (object) return fault(at, "properties", json, "takes no object without properties", "name the properties");
  return fault(at, "items", json, "takes no array without a schema of its elements", "give items");
}

bool GoogleWriter::object(const FlatSchema& flat, const std::string& type, const SchemaPlace* at, const Json& json,
                    const Around& around) {
  if (!complete(flat, type, at, json)) return false;
  std::vector<SchemaField> notes;
  for (const SchemaField& field : flat.fields) {
    if (told(field, type)) notes.push_back(field);
  }
  SchemaObject object(out_);
  object.field("type", "\"" + upper(type) + "\"");
  std::string text = described(text_of(flat, "description"), notes);
  if (!around.description.empty()) text = std::string(around.description) + (text.empty() ? "" : "\n\n") + text;
  if (!text.empty()) append_json_string(text, object.begin("description"));
  if (around.nullable) object.field("nullable", "true");
  for (const SchemaField& field : flat.fields) {
    if (field.name == "type" || field.name == "description" || field.name == "nullable" || told(field, type) ||
        !is_about(field.name, type))
      continue;
    if (!keyword(field, flat, type, &object)) return false;
  }
  object.end();
  return true;
}

bool GoogleWriter::keyword(const SchemaField& field, const FlatSchema& flat, const std::string& type, SchemaObject* object) {
  const KeywordRule rule = schema_rule(rules_, field.name);
  if (field.name == "properties") {
    SchemaObject map(object->begin("properties"));
    for (const SchemaField& each : flat.properties) {
      map.begin(each.name);
      if (!schema(*each.value, each.place, {})) return false;
    }
    map.end();
  } else if (field.name == "items") {
    object->begin("items");
    return schema(*field.value, field.place, {});
  } else if (field.name == "required") {
    required(field, flat, object);
  } else if (is_count(field.name)) {
    const std::optional<std::int64_t> count = whole(*field.value);
    if (count)
      object->field(field.name, "\"" + std::to_string(*count) + "\"");
    else
      document_.refuse(field, "it takes a whole number");
  } else if (rule.action == SchemaAction::keep) {
    object->field(field.name, field.value->raw());
  } else if (rule.action == SchemaAction::rewrite) {
    rewritten(field, flat, type, object);
  } else if (rule.action == SchemaAction::refuse) {
    document_.refuse(field, rule.note);
  }
  return true;
}

void GoogleWriter::rewritten(const SchemaField& field, const FlatSchema& flat, const std::string& type,
                       SchemaObject* object) {
  const Json& value = *field.value;
  if (field.name == "enum" || field.name == "const") return values(field, type, object);
  if (field.name == "format") return object->field(field.name, value.raw());
  if (field.name == "additionalProperties") {
    if (value.is_object() && !value.fields().empty()) document_.refuse(field, "only the properties that it names");
  } else if (field.name == "uniqueItems") {
    if (value.boolean()) document_.refuse(field, {});
  } else if (field.name == "multipleOf") {
    if (type != "integer" || whole(value) != 1) document_.refuse(field, {});
  } else if (field.name == "exclusiveMinimum" || field.name == "exclusiveMaximum") {
    bound(field, flat, type, object);
  }
}

// Next to an integer is another one.
void GoogleWriter::bound(const SchemaField& field, const FlatSchema& flat, const std::string& type, SchemaObject* object) {
  const std::optional<std::int64_t> limit = whole(*field.value);
  const bool least = field.name == "exclusiveMinimum";
  const bool beside = flat.find(least ? "minimum" : "maximum") != nullptr;
  if (type != "integer" || !limit || beside || field.value->type() != Type::number) return document_.refuse(field, {});
  object->field(least ? "minimum" : "maximum", std::to_string(*limit + (least ? 1 : -1)));
}

void GoogleWriter::values(const SchemaField& field, const std::string& type, SchemaObject* object) {
  std::vector<const Json*> all;
  if (field.name == "const") all.push_back(field.value);
  for (const Json& each : field.value->items()) all.push_back(&each);
  if (type == "boolean") {
    const auto has = [&](bool wanted) {
      return std::any_of(all.begin(), all.end(),
                         [&](const Json* v) { return v->type() == Type::boolean && v->boolean() == wanted; });
    };
    if (!has(true) || !has(false)) document_.refuse(field, "it names texts and numbers");
    return;
  }
  if (type != "string") return document_.refuse(field, "it names texts and numbers");
  const auto empty = [](const Json* each) { return each->is_string() && each->string().empty(); };
  if (std::any_of(all.begin(), all.end(), empty)) return document_.refuse(field, "an empty text is not taken");
  std::string* const out = object->begin("enum");
  out->push_back('[');
  std::size_t count = 0;
  for (const Json* each : all) {
    if (each->is_string()) out->append(count++ > 0 ? "," : "").append(each->raw());
  }
  out->push_back(']');
}

void GoogleWriter::required(const SchemaField& field, const FlatSchema& flat, SchemaObject* object) {
  std::string names;
  for (const std::string_view name : flat.required) {
    const bool known = std::any_of(flat.properties.begin(), flat.properties.end(),
                                   [&](const SchemaField& each) { return each.name == name; });
    if (!known)
      document_.refuse(field, "\"" + std::string(name) + "\" is not one of the properties");
    else
      append_json_string(name, &names.append(names.empty() ? "" : ","));
  }
  if (!names.empty()) object->field("required", "[" + names + "]");
}

}  // namespace

bool write_google_schema(const SchemaRules& rules, SchemaDocument* document, std::string* out) {
  const Json& root = *document->root();
  // An object of which nothing more is known: JSON alone says it for an answer, and for a tool its arguments are none.
  const bool plain = root["type"].is_string() && lower(root["type"].string()) == "object" &&
                     root["properties"].fields().empty() && root["required"].items().empty();
  const auto says_more = [](const Json::Field& field) {
    return field.first == "anyOf" || field.first == "oneOf" || field.first == "allOf" || field.first == "$ref" ||
           (field.first == "additionalProperties" && field.second.is_object() && !field.second.fields().empty()) ||
           field.first == "patternProperties";
  };
  if (plain && std::none_of(root.fields().begin(), root.fields().end(), says_more)) return true;
  return GoogleWriter(rules, document, out).schema(root, document->root_place(), {});
}

}  // namespace br

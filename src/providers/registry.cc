#include "providers/registry.h"

#include <vector>

#include "codec/json_write.h"

namespace br {

// One line for each provider: X(<file name>), which defines `std::unique_ptr<Provider> make_<name>_provider()`.
#define BR_PROVIDERS(X) \
  X(openai)             \
  X(anthropic)          \
  X(google)             \
  X(mistral)            \
  X(together)           \
  X(groq)               \
  X(xai)                \
  X(azure)              \
  X(doubleword)         \
  X(fireworks)          \
  X(vllm)               \
  X(bedrock)            \
  X(vertex)             \
  X(openai_compatible)

#define BR_DECLARE(name) std::unique_ptr<Provider> make_##name##_provider();
BR_PROVIDERS(BR_DECLARE)
#undef BR_DECLARE

namespace {

const std::vector<const Provider*>& table() {
  // Never destroyed: a thread of ours may still translate while the process exits.
  static const auto* providers = new std::vector<const Provider*>{
#define BR_MAKE(name) make_##name##_provider().release(),
      BR_PROVIDERS(BR_MAKE)
#undef BR_MAKE
  };
  return *providers;
}

const char* endpoint_name(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::chat:
      return "chat";
    case Endpoint::responses:
      return "responses";
    case Endpoint::embeddings:
      return "embeddings";
    case Endpoint::completions:
      return "completions";
    case Endpoint::moderations:
      return "moderations";
  }
  return "chat";
}

void write_limits(const Capability& c, JsonWriter* json) {
  json->key("limits").begin_object();
  json->field("requests", c.max_requests).field("min_requests", c.min_requests).field("bytes", c.max_bytes).field("line_bytes", c.max_line_bytes);
  json->field("custom_id", std::int64_t{c.max_custom_id}).field("window_hours", c.window_hours);
  json->field("retention_days", c.retention_days);
  json->end_object();
}

}  // namespace

std::span<const Provider* const> all_providers() { return table(); }

const Provider* find_provider(std::string_view name) {
  for (const Provider* provider : table()) {
    if (provider->name() == name) return provider;
  }
  return nullptr;
}

std::string provider_names() {
  std::string names;
  for (const Provider* provider : table()) {
    if (!names.empty()) names += ", ";
    names += provider->name();
  }
  return names;
}

std::string provider_json(const Provider& provider) {
  const Capability& c = provider.capability();
  std::string out;
  JsonWriter json(&out);
  json.begin_object().field("name", provider.name()).field("title", c.title).field("docs", c.docs);
  json.key("modes").begin_array();
  if (c.file_mode) json.string("file");
  if (c.inline_mode) json.string("inline");
  json.end_array().key("endpoints").begin_array();
  for (const Endpoint endpoint : c.endpoints) json.string(endpoint_name(endpoint));
  json.end_array();
  write_limits(c, &json);
  json.key("one_model_per_batch").boolean(c.one_model_per_batch);
  json.key("cancel").boolean(c.can_cancel).key("list").boolean(c.can_list);
  json.key("partial_results").boolean(c.partial_results).key("local").boolean(c.local);
  json.field("discount_percent", std::int64_t{c.discount_percent});
  json.key("properties").begin_array();
  for (const Property& property : provider.properties()) {
    json.begin_object().field("name", std::string(provider.name()) + "." + property.name);
    json.field("default", property.default_value);
    json.field("environment", property.environment == nullptr ? "" : property.environment);
    json.field("doc", property.doc).end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace br

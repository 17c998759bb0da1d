#include "providers/registry.h"

#include <algorithm>
#include <mutex>
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

struct Registered {
  const Provider* provider;
  std::shared_ptr<const void> hold;
};

// Never destroyed, for the same reason. A provider that was unregistered stays behind: jobs may still point to it.
struct Registry {
  std::mutex mutex;
  std::vector<Registered> entries;
  std::vector<const Provider*> retired;
};

Registry& registry() {
  static auto* made = new Registry;
  return *made;
}

auto find_registered(std::string_view name) {
  auto& entries = registry().entries;
  return std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.provider->name() == name; });
}

const Provider* find_builtin(std::string_view name) {
  for (const Provider* provider : table()) {
    if (provider->name() == name) return provider;
  }
  return nullptr;
}

void write_limits(const Capability& c, JsonWriter* json) {
  json->key("limits").begin_object();
  json->field("requests", c.max_requests).field("min_requests", c.min_requests).field("bytes", c.max_bytes).field("line_bytes", c.max_line_bytes);
  json->field("custom_id", std::int64_t{c.max_custom_id}).field("window_hours", c.window_hours);
  json->field("retention_days", c.retention_days);
  json->end_object();
}

}  // namespace

std::span<const Provider* const> builtin_providers() { return table(); }

std::vector<const Provider*> all_providers() {
  std::vector<const Provider*> all = table();
  const std::lock_guard lock(registry().mutex);
  for (const Registered& entry : registry().entries) all.push_back(entry.provider);
  return all;
}

const Provider* find_provider(std::string_view name) {
  if (const Provider* provider = find_builtin(name)) return provider;
  const std::lock_guard lock(registry().mutex);
  const auto found = find_registered(name);
  return found == registry().entries.end() ? nullptr : found->provider;
}

ProviderUse use_provider(std::string_view name) {
  if (const Provider* provider = find_builtin(name)) return {provider, nullptr};
  const std::lock_guard lock(registry().mutex);
  const auto found = find_registered(name);
  return found == registry().entries.end() ? ProviderUse{} : ProviderUse{found->provider, found->hold};
}

Result<void> register_provider(std::unique_ptr<Provider> provider, std::shared_ptr<const void> hold) {
  const std::string name(provider->name());
  const std::lock_guard lock(registry().mutex);
  if (find_builtin(name) != nullptr || find_registered(name) != registry().entries.end())
    return Error(Code::already, "there is a provider \"" + name + "\" already", "give the new one another name");
  registry().entries.push_back({provider.release(), std::move(hold)});
  return {};
}

Result<void> unregister_provider(std::string_view name) {
  if (find_builtin(name) != nullptr)
    return Error(Code::invalid_argument, "the provider \"" + std::string(name) + "\" is built in",
                 "take it from a router with br_router_remove_provider");
  Registered gone{};  // what it held is dropped without the lock
  const std::lock_guard lock(registry().mutex);
  const auto found = find_registered(name);
  if (found == registry().entries.end())
    return Error(Code::no_provider, "there is no provider \"" + std::string(name) + "\"", "see br_registry_name");
  gone = std::move(*found);
  registry().entries.erase(found);
  registry().retired.push_back(gone.provider);
  return {};
}

std::string provider_names() {
  std::string names;
  for (const Provider* provider : all_providers()) {
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
  for (const Endpoint endpoint : c.endpoints) json.string(kEndpointNames[static_cast<std::size_t>(endpoint)]);
  json.end_array();
  write_limits(c, &json);
  json.key("one_model_per_batch").boolean(c.one_model_per_batch);
  json.key("cancel").boolean(c.can_cancel).key("list").boolean(c.can_list);
  json.key("partial_results").boolean(c.partial_results).key("local").boolean(c.local);
  if (c.external) json.key("external").boolean(true);
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

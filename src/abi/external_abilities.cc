#include "abi/external_abilities.h"

#include <optional>

#include "codec/json_read.h"

namespace br {
namespace {

Error bad_abilities(const std::string& what, const std::string& fix) {
  return Error(Code::invalid_argument, "capabilities: " + what, fix);
}

Result<void> read_limits(const Json& limits, Capability* c) {
  for (const auto& [key, value] : limits.fields()) {
    const auto number = value.integer();
    if (!number || *number < 0)
      return bad_abilities("limits." + std::string(key) + " is no number from 0", "give a whole number; 0 means none");
    if (key == "requests")
      c->max_requests = *number;
    else if (key == "min_requests")
      c->min_requests = *number;
    else if (key == "bytes")
      c->max_bytes = *number;
    else if (key == "line_bytes")
      c->max_line_bytes = *number;
    else if (key == "custom_id")
      c->max_custom_id = static_cast<std::int32_t>(*number);
    else if (key == "window_hours")
      c->window_hours = *number;
    else if (key == "retention_days")
      c->retention_days = *number;
    else
      return bad_abilities("there is no limit \"" + std::string(key) + "\"", "see br_provider_json for their names");
  }
  return {};
}

std::optional<Endpoint> endpoint_of(std::string_view name) {
  if (name == "chat") return Endpoint::chat;
  if (name == "responses") return Endpoint::responses;
  if (name == "embeddings") return Endpoint::embeddings;
  if (name == "completions") return Endpoint::completions;
  if (name == "moderations") return Endpoint::moderations;
  return std::nullopt;
}

Result<void> read_endpoints(const Json& names, Capability* c) {
  c->endpoints.clear();
  for (const Json& item : names.items()) {
    const auto endpoint = endpoint_of(item.string());
    if (!endpoint) return bad_abilities("there is no endpoint " + std::string(item.raw()), "give chat, responses, embeddings, …");
    c->endpoints.push_back(*endpoint);
  }
  return {};
}

Result<void> read_field(std::string_view key, const Json& value, ExternalAbilities* abilities) {
  Capability& c = abilities->capability;
  const bool truth = value.type() == Json::Type::boolean;
  if (key == "limits" && value.is_object()) return read_limits(value, &c);
  if (key == "endpoints" && value.is_array() && !value.items().empty()) return read_endpoints(value, &c);
  if (key == "title" && value.is_string())
    abilities->title = value.string();
  else if (key == "docs" && value.is_string())
    abilities->docs = value.string();
  else if (key == "one_model_per_batch" && truth)
    c.one_model_per_batch = value.boolean();
  else if (key == "partial_results" && truth)
    c.partial_results = value.boolean();
  else if (key == "discount_percent" && value.integer())
    c.discount_percent = static_cast<int>(*value.integer());
  else
    return bad_abilities("\"" + std::string(key) + "\" is unknown or its value is of a wrong type",
                   "docs/adding-a-provider.md lists them");
  return {};
}

}  // namespace

Result<ExternalAbilities> read_abilities(const char* text) {
  ExternalAbilities abilities;
  Capability& c = abilities.capability;
  c.needs_key = false;
  c.external = true;
  c.marker = Marker::metadata;
  c.window_hours = c.retention_days = 0;
  c.discount_percent = 0;
  if (text == nullptr) return abilities;
  const auto json = Json::parse(text);
  if (json == nullptr || !json->is_object()) return bad_abilities("it is no JSON object", "give an object, or NULL");
  for (const auto& [key, value] : json->fields()) {
    BR_RETURN_IF_ERROR(read_field(key, value, &abilities));
  }
  return abilities;
}

}  // namespace br

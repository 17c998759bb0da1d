#include "capture/classify.h"

#include <algorithm>
#include <array>

#include "capture/identity.h"
#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "codec/json_write.h"
#include "codec/words.h"
#include "core/route.h"
#include "net/crypto.h"
#include "net/url.h"
#include "providers/registry.h"

namespace br {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::size_t kLongestHeader = 8'192;

// "chat/completions" behind "", "/v1" or "/openai/v1".
bool is_path(std::string_view path, std::string_view wanted) {
  const std::string_view tail = path_tail(wanted);
  if (!path.ends_with(tail) || wanted.ends_with('/')) return false;
  path.remove_suffix(tail.size());
  if (path.ends_with('/')) path.remove_suffix(1);
  return is_one_of(path, {"", "/v1", "/openai/v1"});
}

struct QueryField {
  std::string name, value;
};

std::vector<QueryField> fields_of(std::string_view query) {
  std::vector<QueryField> fields;
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), field.size() + 1));
    const std::size_t equals = std::min(field.find('='), field.size());
    fields.push_back(
        {std::string(field.substr(0, equals)), std::string(field.substr(std::min(equals + 1, field.size())))});
  }
  return fields;
}

// What of a call its path tells.
struct Place {
  std::string endpoint;  // of the batch API
  std::string model;     // Gemini's
  StreamKind stream = StreamKind::none;
};

// "/v1beta/models/gemini-2.5-flash:generateContent"
std::optional<Place> gemini_place(std::string_view path, const std::vector<QueryField>& query) {
  if (path.starts_with("/v1beta/")) path.remove_prefix(7);
  if (path.starts_with("/v1/")) path.remove_prefix(3);
  constexpr std::string_view kModels = "/models/", kTuned = "/tunedModels/";
  const bool tuned = path.starts_with(kTuned);
  if (!tuned && !path.starts_with(kModels)) return std::nullopt;
  path.remove_prefix(tuned ? 1 : kModels.size());
  const std::size_t colon = path.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  Place place;
  place.endpoint = "chat";
  place.model = std::string(path.substr(0, colon));
  const std::string_view verb = path.substr(colon + 1);
  const bool as_events = std::any_of(
      query.begin(), query.end(), [](const QueryField& field) { return field.name == "alt" && field.value == "sse"; });
  if (verb == "streamGenerateContent")
    place.stream = as_events ? StreamKind::gemini_events : StreamKind::gemini_array;
  else if (verb != "generateContent")
    return std::nullopt;
  return place;
}

std::optional<Place> place_of(const Provider& provider, std::string_view path, const std::vector<QueryField>& query) {
  if (provider.dialect().capture_rules()->form == AnswerForm::gemini) return gemini_place(path, query);
  for (const EndpointPath& each : provider.capability().paths) {
    if (is_path(path, each.path)) return Place{std::string(each.path), "", StreamKind::none};
  }
  return std::nullopt;
}

// The key as the caller sent it; empty: none, or one that no batch can be made with.
std::string key_of(const CaptureRules& rules, const HttpCall& call, const std::vector<QueryField>& query) {
  if (!rules.key_header.empty()) {
    if (const auto key = header_of(call.headers, rules.key_header); !key.empty()) return std::string(key);
  }
  if (!rules.key_parameter.empty()) {
    for (const QueryField& field : query) {
      if (field.name == rules.key_parameter && !field.value.empty()) return field.value;
    }
  }
  const std::string_view authorization = header_of(call.headers, "authorization");
  // Google's access tokens are no keys, and end within the hour.
  if (rules.form == AnswerForm::gemini || !authorization.starts_with(kBearer)) return {};
  return std::string(authorization.substr(kBearer.size()));
}

bool has_property(const Provider& provider, std::string_view name) {
  return std::any_of(provider.properties().begin(), provider.properties().end(),
                     [name](const Property& property) { return property.name == name; });
}

// What the batch headers of the call say, in the order of the rules. Nothing: one is longer than servers take.
std::optional<KeyRing::Settings> batch_settings(const Provider& provider, const HttpHeaders& headers) {
  KeyRing::Settings settings;
  for (const BatchHeader& header : provider.dialect().capture_rules()->headers) {
    if (!has_property(provider, header.setting)) continue;
    // One header several times is one list.
    std::string value;
    for (const auto& [name, each] : headers) {
      if (name == header.name) value += (value.empty() ? "" : ",") + each;
    }
    if (value.size() > kLongestHeader) return std::nullopt;
    if (!value.empty()) settings.emplace_back(header.setting, std::move(value));
  }
  return settings;
}

bool is_plain_json(const HttpCall& call) {
  const std::string_view type = header_of(call.headers, "content-type");
  return type.starts_with("application/json") && header_of(call.headers, "content-encoding").empty();
}

// Without the key: the query is part of what was asked.
std::string path_with_query(const std::string& path, const std::vector<QueryField>& query, std::string_view key_name) {
  std::string out = path;
  char before = '?';
  for (const QueryField& field : query) {
    if (field.name == key_name) continue;
    out.push_back(std::exchange(before, '&'));
    out += field.name + "=" + field.value;
  }
  return out;
}

bool is_known_query(const std::vector<QueryField>& query, std::string_view key_name) {
  return std::all_of(query.begin(), query.end(), [key_name](const QueryField& field) {
    return field.name == key_name || (field.name == "alt" && is_one_of(field.value, {"sse", "json"})) ||
           field.name == "beta";
  });
}

}  // namespace

std::string QueueKey::text() const {
  std::string out;
  JsonWriter json(&out);
  json.begin_object().field("provider", provider).field("slot", slot).field("endpoint", endpoint);
  json.field("model", model).key("configured").boolean(configured).field("account", account);
  json.key("settings").begin_object();
  for (const auto& [name, value] : settings) json.field(name, value);
  json.end_object().end_object();
  return out;
}

std::optional<QueueKey> read_queue_key(std::string_view text) {
  const auto root = Json::parse(text);
  if (root == nullptr || !root->is_object()) return std::nullopt;
  const Json& json = *root;
  QueueKey key;
  key.provider = json["provider"].string_or("");
  key.slot = json["slot"].string_or("");
  key.endpoint = json["endpoint"].string_or("");
  key.model = json["model"].string_or("");
  key.configured = json["configured"].boolean();
  key.account = json["account"].string_or("");
  for (const auto& [name, value] : json["settings"].fields()) key.settings.emplace_back(name, value.string_or(""));
  return key;
}

std::string Classifier::slot_of(std::string_view provider, const KeyRing::Settings& secrets) const {
  constexpr std::size_t kLength = 20;
  std::string text(provider);
  for (const auto& [name, value] : secrets) text += '\0' + name + '\0' + value;
  return "k" + hex(hmac_sha256(salt_, text)).substr(0, kLength);
}

Classifier::Classifier(const Config* config, std::string salt) : config_(config), salt_(std::move(salt)) {
  for (const Provider* provider : all_providers()) {
    if (provider->dialect().capture_rules() == nullptr) continue;
    auto base = parse_url(provider_settings(*config, *provider).setting("base_url"));
    if (base) known_.push_back({provider, std::move(*base)});
  }
}

std::optional<Classifier::Address> Classifier::address_of(const HttpCall& call) const {
  const auto url = parse_url(call.url);
  if (!url) return std::nullopt;
  Address best;
  std::size_t best_length = 0;
  const Destination given = read_destination(call.provider);
  for (const Known& known : known_) {
    const Provider* const provider = known.provider;
    const Url* const base = &known.base;
    if (!call.provider.empty() && provider->name() != given.provider) continue;
    if (call.provider.empty() && base->origin() != url->origin()) continue;
    std::string_view path = url->path;
    std::string_view prefix = base->path;
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    const bool below = path.starts_with(prefix) && path.substr(prefix.size()).starts_with('/');
    if (!below && call.provider.empty()) continue;
    if (below) path.remove_prefix(prefix.size());
    if (best.provider != nullptr && prefix.size() <= best_length) continue;
    best_length = prefix.size();
    const std::size_t query = std::min(path.find('?'), path.size());
    best = {provider, given.account, std::string(path.substr(0, query)),
            std::string(path.substr(std::min(query + 1, path.size())))};
  }
  if (best.provider == nullptr) return std::nullopt;
  return best;
}

std::optional<Classified> Classifier::classify(const HttpCall& call) const {
  if (call.method != "POST" || !is_plain_json(call)) return std::nullopt;
  const auto address = address_of(call);
  if (!address) return std::nullopt;
  const Provider& provider = *address->provider;
  const CaptureRules& rules = *provider.dialect().capture_rules();
  const auto query = fields_of(address->query);
  if (!is_known_query(query, rules.key_parameter)) return std::nullopt;
  const auto place = place_of(provider, address->path, query);
  if (!place) return std::nullopt;
  CallBody body = read_call_body(call.body);
  const std::string& model = place->model.empty() ? body.model : place->model;
  if (!body.is_object || model.empty()) return std::nullopt;

  Classified out;
  out.provider = &provider;
  const auto settings = batch_settings(provider, call.headers);
  if (!settings) return std::nullopt;
  out.secrets = *settings;
  if (!call.configured_key) {
    std::string key = key_of(rules, call, query);
    if (key.empty() || key.size() > kLongestHeader) return std::nullopt;
    out.secrets.emplace_back("api_key", std::move(key));
  }
  const bool own_slot = !call.configured_key || !settings->empty();
  if (call.configured_key) {
    const auto account = resolve_account(*config_, provider, {}, address->account);
    if (!account) return std::nullopt;
    if (own_slot) out.secrets.emplace_back("api_key", account->api_key);
  }
  const std::string slot = own_slot ? slot_of(provider.name(), out.secrets) : address->account;
  out.queue = {
      std::string(provider.name()), slot, place->endpoint, model, call.configured_key, address->account, *settings};
  HttpHeaders headers(settings->begin(), settings->end());
  out.identity = identity_of({std::string(provider.name()) + "@" + slot, call.method,
                              path_with_query(address->path, query, rules.key_parameter), &headers, call.body});
  out.stream = place->stream != StreamKind::none ? place->stream : body.streams ? StreamKind::events : StreamKind::none;
  out.include_usage = body.include_usage;
  out.body = std::move(body.batch_body);
  out.idempotency_key = std::string(header_of(call.headers, "idempotency-key"));
  return out;
}

}  // namespace br

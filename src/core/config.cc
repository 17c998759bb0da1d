#include "core/config.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include "codec/field_names.h"
#include "core/route.h"
#include "net/url.h"
#include "providers/registry.h"
#include "sys/file_system.h"

namespace br {
namespace {

using Kind = PropertyInfo::Kind;
constexpr std::int64_t kDay = 86'400'000;
constexpr std::size_t kMaxSettingFile = std::size_t{1} << 20;

PropertyInfo text(std::string name, std::string value, std::string doc) {
  return {std::move(name), std::move(value), Kind::text, 0, 0, "", "", std::move(doc)};
}
PropertyInfo integer(std::string name, std::int64_t value, std::int64_t least, std::int64_t most, std::string doc) {
  return {std::move(name), std::to_string(value), Kind::integer, least, most, "", "", std::move(doc)};
}
PropertyInfo boolean(std::string name, bool value, std::string doc) {
  return {std::move(name), value ? "1" : "0", Kind::boolean, 0, 0, "", "", std::move(doc)};
}
PropertyInfo choice(std::string name, std::string value, std::string choices, std::string doc) {
  return {std::move(name), std::move(value), Kind::choice, 0, 0, std::move(choices), "", std::move(doc)};
}

PropertyInfo from(std::string environment, PropertyInfo info) {
  info.environment = std::move(environment);
  return info;
}

void add_provider_properties(const Provider& provider, std::vector<PropertyInfo>* table) {
  for (const Property& property : provider.properties()) {
    PropertyInfo info;
    info.name = std::string(provider.name()) + "." + property.name;
    info.default_value = property.default_value;
    info.kind = property.secret ? Kind::secret : Kind::text;
    info.environment = property.environment == nullptr ? "" : property.environment;
    info.doc = property.doc;
    table->push_back(std::move(info));
  }
}

std::vector<PropertyInfo> make_table() {
  std::vector<PropertyInfo> table = {
      text("state_dir", ".batch_router", "Directory of the state, the spool and the audit files."),
      choice("state.mode", "owner", "owner|observer",
             "owner: take the lock and work on jobs. observer: read only, beside an owner."),
      boolean("resume.auto", true, "Go on with every unfinished job when the router opens."),
      text("resume.base_url", "",
           "The address that jobs of earlier processes go on with, in place of the one they remember; giving it says that "
           "the key in force may go there. A job with several vendors or addresses is not moved: giving an address that "
           "some of its parts remember says so for these."),
      boolean("audit.files", true,
              "Keep generated/<provider>/batch_<id>_{unified,provider,output,results}.jsonl for every remote batch."),
      integer("timeout_ms", kDay, 1, 365 * kDay, "How long a wait for a job takes unless the call says otherwise."),
      integer("poll.interval_ms", 60'000, 1, kDay,
              "The first wait between two status calls for a remote batch; at most 1000 for one on this machine."),
      integer("poll.max_interval_ms", 300'000, 1, kDay, "The wait grows to at most this."),
      integer("submit.settle_ms", 900'000, 0, 7 * kDay,
              "How long a possibly submitted batch must stay absent from the vendor's list to count as not submitted."),
      integer("submit.max_attempts", 3, 1, 1'000'000,
              "Create calls of one remote batch in its whole life, the first included and clear refusals left out; then "
              "it is blocked."),
      choice("submit.on_unknown", "resend_when_absent", "resend_when_absent|wait",
             "What follows when absence is proven: send again, or wait for br_resume."),
      choice("submit.on_queue_full", "wait", "wait|fail",
             "What follows when the vendor's queue is full: wait for a slot, or fail the batch."),
      choice("on_unsupported", "error", "error|drop",
             "A field the provider cannot take: refuse the request, or drop the field with a warning."),
      choice("split", "never", "never|auto",
             "A batch over the provider's limits: refuse it, or cut it into several remote batches."),
      integer("canary", 0, 0, 1'000'000,
              "So many requests of each model and endpoint are sent first, as a batch of their own, and the rest only if none "
              "of them is refused for its form; at least as many as the vendor takes in a batch. 0: all are sent at once."),
      text("routes", "",
           "Where requests go that name no provider, by model: \"gpt-*=openai, claude-*=anthropic@team\"."),
      choice("id_scope", "batch", "batch|all",
             "Where a custom_id must be unique: in its batch, or in all batches of one br_submit_many."),
      text("prices.file", "", "A price table in place of the built-in one (docs/prices.md)."),
      text("max_cost_usd", "", "Refuse a batch whose answers may cost more, in US dollars; empty: no limit."),
      integer("default_max_tokens", 1024, 1, 1'000'000'000,
              "max_tokens for vendors that demand one; a budget for thinking is added to it."),
      boolean("delivery.auto_ack", false, "Count a result as taken when it is handed out."),
      integer("delivery.ack_interval_ms", 1000, 0, kDay, "How often acknowledgements are saved; 0: at once."),
      choice("files.delete_remote", "never", "never|input|all",
             "Delete our files at the vendor once every result is acknowledged; closing waits 5 s for it at most."),
      integer("retry.base_ms", 500, 1, kDay, "The first upper bound of the random wait before a call is made again."),
      integer("retry.cap_ms", 60'000, 1, kDay, "The bound doubles up to this."),
      integer("retry.max_attempts", 8, 1, 1'000'000,
              "Calls before acceptance that fail so often in a row block the job until br_resume."),
      integer("http.connect_timeout_ms", 30'000, 1, kDay, "How long to wait for a connection."),
      integer("http.stall_timeout_ms", 60'000, 1000, kDay,
              "A call that moves no byte for so long is broken, and one that moves less than 1 KiB a second over it."),
      integer("http.call_timeout_ms", 600'000, 1000, kDay,
              "How long a call may take in all that brings no file up and no results down."),
      from("CURL_CA_BUNDLE,SSL_CERT_FILE",
           text("http.ca_file", "", "PEM file of trusted certificates; empty: the system's. Of both variables both files are trusted.")),
      from("SSL_CERT_DIR", text("http.ca_directory", "", "Directory of trusted certificates, as c_rehash makes it.")),
      integer("limits.max_line_bytes", 64 << 20, 1024, 1LL << 32, "The longest line that is read."),
  };
  // External providers have no properties.
  for (const Provider* provider : builtin_providers()) add_provider_properties(*provider, &table);
  return table;
}

Error value_error(const PropertyInfo& info, std::string_view value, const std::string& want) {
  const std::string shown = info.kind == Kind::secret ? "(hidden)" : "\"" + std::string(value) + "\"";
  return Error(Code::config, info.name + ": " + shown + " is not a value it takes", want);
}

// A text that can't be what it is meant to be is refused where it is set, not when a job needs it.
Result<void> check_text(const PropertyInfo& info, std::string_view value) {
  Result<void> checked;
  if (info.name == "state_dir" && value.empty())
    checked = Error(Code::invalid_argument, info.name + ": the name of the directory is empty", "leave it out, or name one");
  if (value.empty()) return checked;
  if (info.name.ends_with("_url")) {
    if (auto url = check_base_url(value); !url) checked = std::move(url.error());
  } else if (info.name == "routes") {
    if (auto routes = Routes::parse(value); !routes) checked = std::move(routes.error());
  }
  if (checked) return checked;
  Error wrong = std::move(checked.error());
  wrong.code = Code::invalid_argument;
  if (!wrong.message.starts_with(info.name)) wrong.message = info.name + ": " + wrong.message;
  return wrong;
}

Result<std::string> check_value(const PropertyInfo& info, std::string_view value) {
  if (info.kind == Kind::integer) {
    std::int64_t number = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (code != std::errc() || end != value.data() + value.size() || number < info.least || number > info.most)
      return value_error(info, value,
                         "give a whole number from " + std::to_string(info.least) + " to " + std::to_string(info.most));
  } else if (info.kind == Kind::boolean) {
    if (value == "true" || value == "yes" || value == "on") return std::string("1");
    if (value == "false" || value == "no" || value == "off") return std::string("0");
    if (value != "0" && value != "1") return value_error(info, value, "give 1 or 0");
  } else if (info.kind == Kind::choice) {
    const std::string all = "|" + info.choices + "|";
    if (value.empty() || value.find('|') != std::string_view::npos ||
        all.find("|" + std::string(value) + "|") == std::string::npos)
      return value_error(info, value, "give one of " + info.choices);
  } else if (value.find_first_of("\r\n") != std::string_view::npos || value.find('\0') != std::string_view::npos) {
    return value_error(info, "", "remove the line break");
  } else if (info.kind == Kind::text) {
    if (auto checked = check_text(info, value); !checked) return std::move(checked.error());
  }
  return std::string(value);
}

// "_TEAM_A" for the slot "team-a".
std::string slot_suffix(std::string_view slot) {
  std::string suffix = slot.empty() ? "" : "_";
  for (const char c : slot) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    suffix.push_back(plain ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : '_');
  }
  return suffix;
}

std::string from_environment(const std::string& variables, std::string_view slot) {
  const std::string suffix = slot_suffix(slot);
  std::size_t at = 0;
  while (at < variables.size()) {
    const std::size_t end = std::min(variables.find(',', at), variables.size());
    const char* value = std::getenv((variables.substr(at, end - at) + suffix).c_str());
    if (value != nullptr && *value != '\0') return value;
    at = end + 1;
  }
  return {};
}

// What is configured, what the environment says, or the default. A slot has its own key, and shares the rest.
std::string setting_of(const Config& config, const std::string& provider, const Property& property,
                       std::string_view slot) {
  const std::string variables = property.environment == nullptr ? "" : property.environment;
  if (!slot.empty()) {
    const std::string own = provider + "@" + std::string(slot) + "." + property.name;
    std::string value = config.is_set(own) ? config.get(own) : "";
    if (value.empty()) value = from_environment(variables, slot);
    if (!value.empty() || property.secret) return value;
  }
  const std::string key = provider + "." + property.name;
  std::string value = config.is_set(key) ? config.get(key) : "";
  if (value.empty()) value = from_environment(variables, {});
  return value.empty() ? property.default_value : value;
}

// The content of the file that the setting names.
Result<void> read_setting_file(const std::string& key, std::string* value) {
  if (value->empty() || value->front() == '{') return {};
  auto content = posix_files()->read_whole_file(*value, kMaxSettingFile);
  if (!content)
    return Error(Code::config, key + ": " + content.error().message, "give the path of a file that can be read");
  *value = std::move(*content);
  return {};
}

Result<void> check_key(const Account& account, const Provider& provider) {
  const bool file = std::any_of(provider.properties().begin(), provider.properties().end(), [](const Property& property) {
    return property.file && std::string_view(property.name) == "api_key";
  });
  const bool broken = !file && account.api_key.find_first_of("\r\n") != std::string::npos;
  if (!broken && !(provider.capability().needs_key && account.api_key.empty())) return {};
  const PropertyInfo* key = find_property(account.provider + ".api_key");
  std::string variable = key == nullptr ? "" : key->environment.substr(0, key->environment.find(','));
  if (!variable.empty()) variable += slot_suffix(account.slot);
  const char* what = broken ? "the API key holds a line break" : "there is no API key";
  const std::string slot = account.slot.empty() ? "" : " for the account \"" + account.slot + "\"";
  return Error(Code::auth, "[" + account.provider + "] " + what + slot,
               variable.empty() ? "set " + account.provider + ".api_key" : "set the environment variable " + variable);
}

}  // namespace

const std::vector<PropertyInfo>& property_table() {
  static const auto* table = new std::vector<PropertyInfo>(make_table());
  return *table;
}

const PropertyInfo* find_property(std::string_view key) {
  std::string plain(key);
  if (const std::size_t at = plain.find('@'); at != std::string::npos) {
    const std::size_t dot = plain.find('.', at);
    if (dot == std::string::npos || dot == at + 1) return nullptr;
    plain.erase(at, dot - at);
  }
  for (const PropertyInfo& info : property_table()) {
    if (info.name == plain) return &info;
  }
  return nullptr;
}

std::vector<std::string> values_in_force(const Config& config, std::string_view key) {
  if (!config.get(key).empty()) return {config.get(key)};
  std::vector<std::string> values;
  const std::string& variables = find_property(key)->environment;
  for (std::size_t at = 0; at < variables.size();) {
    const std::size_t end = std::min(variables.find(',', at), variables.size());
    std::string value = from_environment(variables.substr(at, end - at), {});
    if (!value.empty() && std::find(values.begin(), values.end(), value) == values.end())
      values.push_back(std::move(value));
    at = end + 1;
  }
  return values;
}

Result<void> Config::set(std::string_view key, std::string_view value) {
  const PropertyInfo* info = find_property(key);
  if (info == nullptr) {
    std::vector<std::string_view> names;
    for (const PropertyInfo& known : property_table()) names.push_back(known.name);
    const std::string near = nearest_name(key, names);
    return Error(Code::config, "there is no property \"" + std::string(key) + "\"",
                 near.empty() ? "docs/configuration.md lists all properties" : "did you mean \"" + near + "\"?");
  }
  auto checked = check_value(*info, value);
  if (!checked) return std::move(checked.error());
  values_[std::string(key)] = std::move(*checked);
  return {};
}

const std::string& Config::get(std::string_view key) const {
  if (const auto found = values_.find(key); found != values_.end()) return found->second;
  return find_property(key)->default_value;
}

std::int64_t Config::integer(std::string_view key) const { return std::strtoll(get(key).c_str(), nullptr, 10); }

Result<Account> resolve_account(const Config& config, const Provider& provider, std::string_view base_url,
                                std::string_view slot) {
  Account account;
  account.provider = provider.name();
  account.slot = slot;
  for (const Property& property : provider.properties()) {
    std::string value = setting_of(config, account.provider, property, slot);
    const std::string_view name = property.name;
    if (property.file) {
      const std::string key = account.provider + "." + property.name;
      if (auto read = read_setting_file(key, &value); !read) return std::move(read.error());
    }
    if (name == "api_key") {
      account.api_key = value;
    } else if (name == "base_url") {
      account.base_url = base_url.empty() ? value : std::string(base_url);
    } else if (name == "organization") {
      account.organization = value;
    } else if (name == "project") {
      account.project = value;
    } else {
      if (name.ends_with("_url") && !value.empty()) {
        auto checked = check_base_url(value);
        if (!checked) return std::move(checked.error());
        value = std::move(*checked);
      }
      account.settings.emplace_back(property.name, std::move(value));
    }
  }
  if (auto done = provider.dialect().complete(&account); !done) return std::move(done.error());
  if (provider.http() == nullptr) return account;
  auto checked = check_base_url(account.base_url);
  if (!checked) return std::move(checked.error());
  account.base_url = std::move(*checked);
  if (auto key = check_key(account, provider); !key) return std::move(key.error());
  return account;
}

Account provider_settings(const Config& config, const Provider& provider, std::string_view slot) {
  Account account;
  account.provider = provider.name();
  account.slot = slot;
  for (const Property& property : provider.properties()) {
    if (property.secret) continue;
    account.settings.emplace_back(property.name, setting_of(config, account.provider, property, slot));
  }
  return account;
}

}  // namespace br

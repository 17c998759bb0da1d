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
constexpr std::size_t kMaxSettingFile = std::size_t{1} << 20;

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
    BR_RETURN_IF_ERROR(check_text(info, value));
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
    if (const KeyRing* keys = config.key_ring(); keys != nullptr) {
      if (std::string value = keys->get(provider, slot, property.name); !value.empty()) return value;
    }
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

Result<std::string> check_property(std::string_view key, std::string_view value) {
  const PropertyInfo* info = find_property(key);
  if (info != nullptr) return check_value(*info, value);
  std::vector<std::string_view> names;
  for (const PropertyInfo& known : property_table()) names.push_back(known.name);
  const std::string near = nearest_name(key, names);
  return Error(Code::config, "there is no property \"" + std::string(key) + "\"",
               near.empty() ? "docs/configuration.md lists all properties" : "did you mean \"" + near + "\"?");
}

Result<void> Config::set(std::string_view key, std::string_view value) {
  auto checked = check_property(key, value);
  BR_RETURN_IF_ERROR(checked);
  if (find_property(key)->scope == PropertyInfo::Scope::batch)
    return Error(Code::config, std::string(key) + ": is said of one batch, not of a router", "set it with br_batch_set");
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
      BR_RETURN_IF_ERROR(read_setting_file(key, &value));
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
        BR_RETURN_IF_ERROR(checked);
        value = std::move(*checked);
      }
      account.settings.emplace_back(property.name, std::move(value));
    }
  }
  BR_RETURN_IF_ERROR(provider.dialect().complete(&account));
  if (provider.http() == nullptr) return account;
  auto checked = check_base_url(account.base_url);
  BR_RETURN_IF_ERROR(checked);
  account.base_url = std::move(*checked);
  BR_RETURN_IF_ERROR(check_key(account, provider));
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

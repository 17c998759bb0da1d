#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/text.h"
#include "codec/json_write.h"
#include "codec/utf8.h"
#include "net/crypto.h"
#include "net/curl_transport.h"
#include "providers/registry.h"
#include "store/sqlite_store.h"

using br::guard;
using br::Result;

namespace {

const br::PropertyInfo* property(size_t index) {
  const auto& table = br::property_table();
  return index < table.size() ? &table[index] : nullptr;
}

// The name of a file is whatever bytes the file system took.
bool is_path(std::string_view key) {
  return key == "state_dir" || key.ends_with(".file") || key.ends_with("_file");
}

std::string make_build_info() {
  std::string out;
  br::JsonWriter json(&out);
  json.begin_object().field("version", BR_VERSION_STRING).field("abi", std::int64_t{BR_ABI_VERSION});
  json.field("compiler", __VERSION__).field("libcurl", br::curl_transport_version());
  json.field("openssl", br::crypto_version()).field("sqlite", br::sqlite_version()).key("providers").begin_array();
  for (const br::Provider* provider : br::builtin_providers()) json.string(provider->name());
  json.end_array().end_object();
  return out;
}

}  // namespace

extern "C" {

const char* br_version(void) { return BR_VERSION_STRING; }
int32_t br_abi_version(void) { return BR_ABI_VERSION; }

const char* br_build_info(void) {
  return br::shield<const char*>("{}", [] {
    static const auto* info = new std::string(make_build_info());
    return info->c_str();
  });
}

br_config* br_config_new(void) { return new (std::nothrow) br_config(); }
void br_config_free(br_config* config) { delete config; }

br_status br_config_set(br_config* config, const char* key, const char* value, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (config == nullptr) return br::null_argument("config");
    if (key == nullptr || value == nullptr) return br::null_argument("key or value");
    BR_RETURN_IF_ERROR(br::check_utf8("key", key));
    if (auto good = br::check_utf8(std::string("the value of ") + key, value); !good && !is_path(key))
      return std::move(good.error());
    BR_RETURN_IF_ERROR(config->config.set(key, value));
    return BR_OK;
  });
}

const char* br_config_get(const br_config* config, const char* key) {
  if (config == nullptr || key == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&]() -> const char* {
    const br::PropertyInfo* info = br::find_property(key);
    if (info == nullptr || info->kind == br::PropertyInfo::Kind::secret) return nullptr;
    return config->config.get(key).c_str();
  });
}

size_t br_config_property_count(void) {
  return br::shield<size_t>(0, [] { return br::property_table().size(); });
}
const char* br_config_property_name(size_t index) {
  const auto* info = property(index);
  return info == nullptr ? nullptr : info->name.c_str();
}
const char* br_config_property_default(size_t index) {
  const auto* info = property(index);
  return info == nullptr ? nullptr : info->default_value.c_str();
}
const char* br_config_property_doc(size_t index) {
  const auto* info = property(index);
  return info == nullptr ? nullptr : info->doc.c_str();
}

br_status br_config_set_log(br_config* config, int32_t level, br_log_fn fn, void* user_data, br_destroy_fn destroy,
                            br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    br::Callback<br_log_fn> callback(fn, user_data, destroy);
    if (config == nullptr) return br::null_argument("config");
    config->log = callback;
    config->log_level = level;
    return BR_OK;
  });
}

const char* br_event_name(int32_t event) { return br::event_name(event); }

br_status br_config_set_event(br_config* config, br_event_fn fn, void* user_data, br_destroy_fn destroy,
                              br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    br::Callback<br_event_fn> callback(fn, user_data, destroy);
    if (config == nullptr) return br::null_argument("config");
    config->event = callback;
    return BR_OK;
  });
}

}  // extern "C"

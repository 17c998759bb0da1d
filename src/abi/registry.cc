// br_registry_...: every provider that there is, and the external ones.
#include "providers/registry.h"

#include <map>
#include <mutex>

#include "abi/external_provider.h"
#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/text.h"

using br::guard;
using br::Result;
using br::shield;

namespace {

// One text for each provider that there ever was; pointers into it stay good.
const char* text_of(const br::Provider* provider) {
  static auto* mutex = new std::mutex;
  static auto* texts = new std::map<const br::Provider*, std::string>;
  const std::lock_guard lock(*mutex);
  std::string& text = (*texts)[provider];
  if (text.empty()) text = br::provider_json(*provider);
  return text.c_str();
}

}  // namespace

extern "C" {

size_t br_provider_count(void) {
  return shield<size_t>(0, [] { return br::builtin_providers().size(); });
}

const char* br_provider_name(size_t index) {
  return shield<const char*>(nullptr, [&]() -> const char* {
    const auto all = br::builtin_providers();
    return index < all.size() ? all[index]->name().data() : nullptr;
  });
}

const char* br_provider_json(const char* name) { return br_registry_get(name); }

br_status br_registry_register(const br_provider_vtbl* vtbl, void* user_data, br_destroy_fn destroy, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    BR_RETURN_IF_ERROR(br::register_external_provider(vtbl, user_data, destroy));
    return BR_OK;
  });
}

br_status br_registry_unregister(const char* name, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (name == nullptr) return br::null_argument("name");
    BR_RETURN_IF_ERROR(br::check_utf8("name", name));
    BR_RETURN_IF_ERROR(br::unregister_provider(name));
    return BR_OK;
  });
}

const char* br_registry_get(const char* name) {
  if (name == nullptr) return nullptr;
  return shield<const char*>(nullptr, [&]() -> const char* {
    const br::Provider* provider = br::find_provider(name);
    return provider == nullptr ? nullptr : text_of(provider);
  });
}

int32_t br_registry_is_registered(const char* name) {
  if (name == nullptr) return 0;
  return shield<int32_t>(0, [&] { return br::find_provider(name) == nullptr ? 0 : 1; });
}

size_t br_registry_count(void) {
  return shield<size_t>(0, [] { return br::all_providers().size(); });
}

const char* br_registry_name(size_t index) {
  return shield<const char*>(nullptr, [&]() -> const char* {
    const auto all = br::all_providers();
    return index < all.size() ? all[index]->name().data() : nullptr;
  });
}

}  // extern "C"

#include "core/requests/batch_options.h"

namespace br {
namespace {

using Scope = PropertyInfo::Scope;

bool is_of_batches(std::string_view name) {
  const PropertyInfo* info = find_property(name);
  return info != nullptr && info->scope == Scope::batch;
}

}  // namespace

Result<void> set_batch_option(std::string_view name, std::string_view value, BatchSpec* spec) {
  auto checked = check_property(name, value);
  BR_RETURN_IF_ERROR(checked);
  const PropertyInfo& info = *find_property(name);
  if (info.scope == Scope::router)
    return Error(Code::config, info.name + ": holds for a whole router, not for one batch", "set it with br_config_set");
  if (info.kind == PropertyInfo::Kind::secret)
    return Error(Code::config, std::string(name) + ": options of a batch are kept on disk, and keys never are",
                 "set it with br_config_set or in the environment");
  spec->options.emplace_back(name, std::move(*checked));
  return {};
}

Result<void> set_batch_metadata(std::string_view key, std::string_view value, BatchSpec* spec) {
  constexpr std::size_t kMaxPairs = 12, kMaxKey = 64, kMaxValue = 512;
  if (key.empty() || key.size() > kMaxKey || value.size() > kMaxValue || key.starts_with("batchrouter_"))
    return Error(Code::invalid_argument, "the metadata pair is too long or its key is not allowed",
                 "a key has 1 to 64 bytes and does not begin with batchrouter_, a value has at most 512");
  for (auto& [known, old] : spec->metadata) {
    if (known != key) continue;
    old = value;
    return {};
  }
  if (spec->metadata.size() >= kMaxPairs)
    return Error(Code::invalid_argument, "a batch has at most 12 metadata pairs", "remove one");
  spec->metadata.emplace_back(key, value);
  return {};
}

std::string batch_option(const BatchSpec& spec, std::string_view name) {
  std::string found = find_property(name)->default_value;
  for (const auto& [key, value] : spec.options) {
    if (key == name) found = value;
  }
  return found;
}

Result<Config> config_for_batch(const Config& router, const BatchSpec& spec) {
  Config config = router;
  for (const auto& [key, value] : spec.options) {
    if (is_of_batches(key)) continue;
    BR_RETURN_IF_ERROR(config.set(key, value));
  }
  return config;
}

}  // namespace br

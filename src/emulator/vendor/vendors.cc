#include <algorithm>
#include <charconv>

#include "emulator/vendor/makers.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {

namespace {

struct Entry {
  const char* name;
  std::unique_ptr<Vendor> (*make)(World& world);
};

constexpr Entry kVendors[] = {
    {"openai", make_openai},
    {"anthropic", make_anthropic},
    {"google", make_google},
    {"groq", make_groq},
    {"together", make_together},
    {"mistral", make_mistral},
    {"xai", make_xai},
    {"azure", make_azure},
    {"doubleword", make_doubleword},
    {"fireworks", make_fireworks},
    {"bedrock", make_bedrock},
    {"vertex", make_vertex},
};

}  // namespace

std::vector<std::unique_ptr<Vendor>> make_vendors(World& world) {
  std::vector<std::unique_ptr<Vendor>> vendors;
  for (const Entry& entry : kVendors) vendors.push_back(entry.make(world));
  return vendors;
}

std::vector<std::string> vendor_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kVendors) names.emplace_back(entry.name);
  return names;
}

Limits limits_in_force(const EmulatorOptions& options, Limits own) {
  if (options.max_requests > 0) own.requests = options.max_requests;
  if (options.max_batch_bytes > 0) own.batch_bytes = options.max_batch_bytes;
  if (options.max_file_bytes > 0) own.file_bytes = options.max_file_bytes;
  return own;
}

bool query_number(const RequestHead& head, std::string_view name, int64_t least, int64_t most, int64_t& out) {
  const std::string* const text = head.query_value(name);
  if (text == nullptr) return true;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
  return error == std::errc() && end == text->data() + text->size() && out >= least && out <= most;
}

std::string origin_of(const RequestHead& head) {
  const std::string_view host = head.header("host");
  return "http://" + std::string(host.empty() ? "127.0.0.1" : host);
}

bool key_is_known(const EmulatorOptions& options, std::string_view key) {
  if (options.keys.empty()) return !key.empty();
  return std::find(options.keys.begin(), options.keys.end(), key) != options.keys.end();
}

bool model_is_known(const EmulatorOptions& options, std::string_view model) {
  if (options.models.empty()) return model.substr(0, 8) != "no-such-";
  return std::find(options.models.begin(), options.models.end(), model) != options.models.end();
}

}  // namespace br::emulator
